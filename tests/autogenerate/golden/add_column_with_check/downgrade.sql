-- users: drop age
-- migrate:warn-if rows of users have a value in age, which is dropped: SELECT id FROM users WHERE age IS NOT NULL
ALTER TABLE users DROP COLUMN age;
