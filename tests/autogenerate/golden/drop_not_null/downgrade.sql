-- users: name must not be NULL
-- migrate:refuse-if rows of users have NULL in name: SELECT id FROM users WHERE name IS NULL
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
