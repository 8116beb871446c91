-- posts: rebuilt to change foreign keys
-- migrate:refuse-if rows of posts have a value in user_id that is not in users: SELECT id FROM posts WHERE posts.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users AS parent WHERE parent.id = posts.user_id)
PRAGMA legacy_alter_table = ON;
ALTER TABLE posts RENAME TO _migrator_old_posts;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    user_id INTEGER,
    CONSTRAINT fk_posts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT OR ABORT INTO posts (id, title, user_id)
SELECT id, title, user_id
FROM _migrator_old_posts;
DROP TABLE _migrator_old_posts;
