-- users: email is called mail from now on
ALTER TABLE users RENAME COLUMN email TO mail;
