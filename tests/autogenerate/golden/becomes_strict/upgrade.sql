-- tags: rebuilt to change name; be STRICT
-- migrate:refuse-if rows of tags have something else than TEXT in name: SELECT rowid FROM tags WHERE typeof(name) = 'blob'
-- migrate:refuse-if rows of tags have something else than INTEGER in weight: SELECT rowid FROM tags WHERE NOT coalesce(typeof(weight) = 'integer' OR (typeof(weight) <> 'blob' AND weight = CAST(weight AS NUMERIC) AND CAST(weight AS NUMERIC) = CAST(CAST(weight AS NUMERIC) AS INTEGER)), TRUE)
PRAGMA legacy_alter_table = ON;
ALTER TABLE tags RENAME TO _migrator_old_tags;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE tags (
    name TEXT PRIMARY KEY NOT NULL,
    weight INTEGER
) STRICT;
INSERT OR ABORT INTO tags (rowid, name, weight)
SELECT rowid, name, weight
FROM _migrator_old_tags;
DROP TABLE _migrator_old_tags;
