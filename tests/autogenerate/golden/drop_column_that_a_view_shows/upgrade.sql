-- the view named_users is replaced
DROP VIEW named_users;

-- users: drop nickname
-- migrate:warn-if rows of users have a value in nickname, which is dropped: SELECT id FROM users WHERE nickname IS NOT NULL
ALTER TABLE users DROP COLUMN nickname;

-- create the view named_users
CREATE VIEW named_users AS SELECT id, name FROM users WHERE name <> '';
