-- users: name may be NULL
ALTER TABLE users ALTER COLUMN name DROP NOT NULL;
