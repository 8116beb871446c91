-- users: add nickname
-- The values that the upgrade dropped do not come back.
ALTER TABLE users ADD COLUMN nickname TEXT;
