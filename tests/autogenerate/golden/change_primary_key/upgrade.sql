-- user_tags: rebuilt to change the primary key
-- migrate:refuse-if rows of user_tags share their tag_id, user_id, since: SELECT rowid FROM (SELECT rowid, count(*) OVER (PARTITION BY tag_id, user_id, since) AS n_alike FROM user_tags WHERE tag_id IS NOT NULL AND user_id IS NOT NULL AND since IS NOT NULL) WHERE n_alike > 1
PRAGMA legacy_alter_table = ON;
ALTER TABLE user_tags RENAME TO _migrator_old_user_tags;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE user_tags (
    user_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL,
    since TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (tag_id, user_id, since)
);
INSERT OR ABORT INTO user_tags (rowid, user_id, tag_id, since)
SELECT rowid, user_id, tag_id, since
FROM _migrator_old_user_tags;
DROP TABLE _migrator_old_user_tags;
