-- posts: rebuilt to drop editor_id; change foreign keys
-- migrate:warn-if rows of posts have a value in editor_id, which is dropped: SELECT id FROM posts WHERE editor_id IS NOT NULL
PRAGMA legacy_alter_table = ON;
ALTER TABLE posts RENAME TO _migrator_old_posts;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    user_id INTEGER
);
INSERT OR ABORT INTO posts (id, title, user_id)
SELECT id, title, user_id
FROM _migrator_old_posts;
DROP TABLE _migrator_old_posts;
