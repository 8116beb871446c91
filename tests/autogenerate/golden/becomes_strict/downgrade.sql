-- tags: rebuilt to change name; be no longer STRICT
PRAGMA legacy_alter_table = ON;
ALTER TABLE tags RENAME TO _migrator_old_tags;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE tags (
    name TEXT PRIMARY KEY NOT NULL,
    weight INTEGER
);
INSERT OR ABORT INTO tags (rowid, name, weight)
SELECT rowid, name, weight
FROM _migrator_old_tags;
DROP TABLE _migrator_old_tags;
