-- users: mail is called email from now on
ALTER TABLE users RENAME COLUMN mail TO email;
