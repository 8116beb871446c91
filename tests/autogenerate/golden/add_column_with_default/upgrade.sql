-- users: add is_active
ALTER TABLE users ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT 1;
