-- the view named_users is replaced
DROP VIEW named_users;

-- drop the index ix_users_name_nickname
DROP INDEX ix_users_name_nickname;

-- users: drop nickname
-- migrate:warn-if rows of users have a value in nickname, which is dropped: SELECT id FROM users WHERE nickname IS NOT NULL
ALTER TABLE users DROP COLUMN nickname;

-- create the index ix_users_name
CREATE INDEX ix_users_name ON users (name);

-- create the view named_users
CREATE VIEW named_users AS SELECT id, name FROM users WHERE name <> '';
