-- users: drop is_active
-- migrate:warn-if rows of users have a value in is_active, which is dropped: SELECT id FROM users WHERE is_active IS NOT NULL
ALTER TABLE users DROP COLUMN is_active;
