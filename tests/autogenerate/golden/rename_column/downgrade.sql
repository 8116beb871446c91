-- users: full_name is called name from now on
ALTER TABLE users RENAME COLUMN full_name TO name;
