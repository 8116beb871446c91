-- user_tags: rebuilt to change user_id, the primary key
-- migrate:refuse-if rows of user_tags share their user_id, tag_id: SELECT user_id FROM (SELECT user_id, count(*) OVER (PARTITION BY user_id, tag_id) AS n_alike FROM user_tags WHERE user_id IS NOT NULL AND tag_id IS NOT NULL) WHERE n_alike > 1
PRAGMA legacy_alter_table = ON;
ALTER TABLE user_tags RENAME TO _migrator_old_user_tags;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE user_tags (
    user_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL,
    since TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (user_id, tag_id)
);
INSERT OR ABORT INTO user_tags (rowid, user_id, tag_id, since)
SELECT user_id, user_id, tag_id, since
FROM _migrator_old_user_tags;
DROP TABLE _migrator_old_user_tags;
