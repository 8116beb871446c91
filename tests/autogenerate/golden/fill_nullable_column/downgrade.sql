-- drop the index ux_users_slug
DROP INDEX ux_users_slug;

-- users: drop slug
-- migrate:warn-if rows of users have a value in slug, which is dropped: SELECT id FROM users WHERE slug IS NOT NULL
ALTER TABLE users DROP COLUMN slug;
