-- /// revision
-- revision = "27c6a30d7c24"
-- down_revision = "1975ea83b712"
-- message = "Create posts"
-- create_date = 2026-11-03T14:40:11Z
-- ///

-- migrate:upgrade
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    content TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX ix_posts_title ON posts (title);

-- migrate:downgrade
DROP TABLE posts;
