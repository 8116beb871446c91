-- users: email must not be NULL
-- migrate:refuse-if rows of users have NULL in email: SELECT id FROM users WHERE email IS NULL
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
