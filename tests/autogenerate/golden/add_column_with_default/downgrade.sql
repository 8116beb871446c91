-- users: drop is_active
-- migrate:warn-if rows of users have a value other than the default in is_active, which is dropped: SELECT id FROM users WHERE is_active <> 1
ALTER TABLE users DROP COLUMN is_active;
