-- create the table changes
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL
);

-- drop the table posts
-- migrate:warn-if rows of posts are deleted with it: SELECT id FROM posts
DROP TABLE posts;

-- drop the table users
-- migrate:warn-if rows of users are deleted with it: SELECT id FROM users
DROP TABLE users;
