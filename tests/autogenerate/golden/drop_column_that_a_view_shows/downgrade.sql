-- the view named_users is replaced
DROP VIEW named_users;

-- users: add nickname
-- The values that the upgrade dropped do not come back.
ALTER TABLE users ADD COLUMN nickname TEXT;

-- create the view named_users
CREATE VIEW named_users AS SELECT id, name, nickname FROM users;
