-- drop the index ix_users_email
DROP INDEX ix_users_email;

-- users: drop email
-- migrate:warn-if rows of users have a value in email, which is dropped: SELECT id FROM users WHERE email IS NOT NULL
ALTER TABLE users DROP COLUMN email;
