-- create the table posts
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_posts_title ON posts (title);
