-- users: add age
-- migrate:refuse-if rows of users are against the check age BETWEEN 0 AND 150: SELECT id FROM (SELECT id AS id, NULL AS age FROM users) AS users WHERE NOT (age BETWEEN 0 AND 150)
ALTER TABLE users ADD COLUMN age INTEGER CHECK (age BETWEEN 0 AND 150);
