-- create the table posts
-- The rows that the upgrade deleted do not come back.
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE
);
