-- the view named_users is replaced
DROP VIEW named_users;

-- drop the index ix_users_name
DROP INDEX ix_users_name;

-- users: add nickname
-- The values that the upgrade dropped do not come back.
ALTER TABLE users ADD COLUMN nickname TEXT;

-- create the index ix_users_name_nickname
CREATE INDEX ix_users_name_nickname ON users (name, nickname);

-- create the view named_users
CREATE VIEW named_users AS SELECT id, name, nickname FROM users;
