CREATE TABLE user_tags (
    user_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL,
    since TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (tag_id, user_id, since)
);
