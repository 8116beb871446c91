-- users: add nickname
-- The values that the upgrade dropped do not come back.
ALTER TABLE users ADD COLUMN nickname TEXT;

-- create the index ix_users_nickname
CREATE INDEX ix_users_nickname ON users (nickname);
