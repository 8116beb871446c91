-- tags: rebuilt to be WITHOUT ROWID
-- migrate:refuse-if rows of tags have NULL in name: SELECT rowid FROM tags WHERE name IS NULL
-- (autogenerate can write a value: --fill tags.name=EXPRESSION)
PRAGMA legacy_alter_table = ON;
ALTER TABLE tags RENAME TO _migrator_old_tags;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE tags (
    name TEXT PRIMARY KEY,
    weight INTEGER
) WITHOUT ROWID;
INSERT OR ABORT INTO tags (name, weight)
SELECT name, weight
FROM _migrator_old_tags;
DROP TABLE _migrator_old_tags;
