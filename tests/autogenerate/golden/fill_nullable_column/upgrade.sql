-- users: add slug
ALTER TABLE users ADD COLUMN slug TEXT;
UPDATE users SET slug = lower(name);

-- create the index ux_users_slug
-- migrate:refuse-if rows of users share their slug: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY slug) AS n_alike FROM (SELECT id AS id, CAST(lower(name) AS TEXT) AS slug FROM users) AS users WHERE slug IS NOT NULL) WHERE n_alike > 1
CREATE UNIQUE INDEX ux_users_slug ON users (slug);
