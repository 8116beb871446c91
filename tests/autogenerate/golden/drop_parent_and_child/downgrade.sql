-- create the table users
-- The rows that the upgrade deleted do not come back.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- create the table posts
-- The rows that the upgrade deleted do not come back.
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE
);

-- drop the table changes
-- migrate:warn-if rows of changes are deleted with it: SELECT id FROM changes
DROP TABLE changes;
