-- users: drop nickname
-- migrate:warn-if rows of users have a value in nickname, which is dropped: SELECT id FROM users WHERE nickname IS NOT NULL
ALTER TABLE users DROP COLUMN nickname;
