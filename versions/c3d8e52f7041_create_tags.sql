-- /// revision
-- revision = "c3d8e52f7041"
-- down_revision = "a90b3f6d1e28"
-- message = "Create tags, many for each user"
-- create_date = 2026-11-17T19:08:26Z
-- ///

-- migrate:upgrade
CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE user_tags (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX ix_user_tags_tag_id ON user_tags (tag_id);

-- migrate:downgrade
DROP TABLE user_tags;
DROP TABLE tags;
