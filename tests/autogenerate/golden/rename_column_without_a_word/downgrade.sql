-- users: drop alias
-- migrate:warn-if rows of users have a value in alias, which is dropped: SELECT id FROM users WHERE alias IS NOT NULL
ALTER TABLE users DROP COLUMN alias;

-- users: add nickname
-- The values that the upgrade dropped do not come back.
ALTER TABLE users ADD COLUMN nickname TEXT;
