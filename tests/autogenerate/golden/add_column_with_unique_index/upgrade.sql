-- users: add handle
ALTER TABLE users ADD COLUMN handle TEXT;

-- create the index uq_users_handle
-- migrate:refuse-if rows of users share their handle: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY handle) AS n_alike FROM (SELECT id AS id, NULL AS handle FROM users) AS users WHERE handle IS NOT NULL) WHERE n_alike > 1
CREATE UNIQUE INDEX uq_users_handle ON users (handle);
