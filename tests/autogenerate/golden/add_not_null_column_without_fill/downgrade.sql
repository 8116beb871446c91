-- users: drop country
-- migrate:warn-if rows of users have a value in country, which is dropped: SELECT id FROM users WHERE country IS NOT NULL
ALTER TABLE users DROP COLUMN country;
