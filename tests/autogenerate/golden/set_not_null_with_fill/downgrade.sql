-- users: nickname may be NULL
ALTER TABLE users ALTER COLUMN nickname DROP NOT NULL;
