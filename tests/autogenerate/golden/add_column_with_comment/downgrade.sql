-- users: drop bio
-- migrate:warn-if rows of users have a value in bio, which is dropped: SELECT id FROM users WHERE bio IS NOT NULL
ALTER TABLE users DROP COLUMN bio;
