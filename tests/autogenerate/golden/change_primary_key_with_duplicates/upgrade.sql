-- user_tags: rebuilt to change user_id, the primary key
-- migrate:refuse-if rows of user_tags have something else than INTEGER in user_id: SELECT rowid FROM user_tags WHERE NOT coalesce(typeof(user_id) = 'integer' OR (typeof(user_id) <> 'blob' AND user_id = CAST(user_id AS NUMERIC) AND CAST(user_id AS NUMERIC) = CAST(CAST(user_id AS NUMERIC) AS INTEGER)), TRUE)
-- migrate:refuse-if rows of user_tags share their user_id: SELECT rowid FROM (SELECT rowid, count(*) OVER (PARTITION BY user_id) AS n_alike FROM user_tags WHERE user_id IS NOT NULL) WHERE n_alike > 1
PRAGMA legacy_alter_table = ON;
ALTER TABLE user_tags RENAME TO _migrator_old_user_tags;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE user_tags (
    user_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL,
    since TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (user_id)
);
INSERT OR ABORT INTO user_tags (user_id, tag_id, since)
SELECT user_id, tag_id, since
FROM _migrator_old_user_tags;
DROP TABLE _migrator_old_user_tags;
