-- users: email may be NULL
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
