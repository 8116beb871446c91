-- users: name is called full_name from now on
ALTER TABLE users RENAME COLUMN name TO full_name;
