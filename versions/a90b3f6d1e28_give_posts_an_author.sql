-- /// revision
-- revision = "a90b3f6d1e28"
-- down_revision = "8d41c0b7e95a"
-- message = "Give posts an author"
-- create_date = 2026-11-12T11:50:33Z
-- ///

-- migrate:upgrade
ALTER TABLE posts ADD COLUMN user_id INTEGER REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX ix_posts_user_id ON posts (user_id);

-- migrate:downgrade
DROP INDEX ix_posts_user_id;
ALTER TABLE posts DROP COLUMN user_id;
