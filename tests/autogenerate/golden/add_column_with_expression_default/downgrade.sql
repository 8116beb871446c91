-- users: drop joined_at
-- migrate:warn-if rows of users have a value in joined_at, which is dropped: SELECT id FROM users WHERE joined_at IS NOT NULL
ALTER TABLE users DROP COLUMN joined_at;
