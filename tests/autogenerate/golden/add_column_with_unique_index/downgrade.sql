-- drop the index uq_users_handle
DROP INDEX uq_users_handle;

-- users: drop handle
-- migrate:warn-if rows of users have a value in handle, which is dropped: SELECT id FROM users WHERE handle IS NOT NULL
ALTER TABLE users DROP COLUMN handle;
