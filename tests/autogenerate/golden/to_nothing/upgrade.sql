-- drop the table users
-- migrate:warn-if rows of users are deleted with it: SELECT id FROM users
DROP TABLE users;
