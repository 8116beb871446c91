-- the virtual table notes is replaced
PRAGMA legacy_alter_table = ON;
ALTER TABLE notes RENAME TO _migrator_old_notes;
PRAGMA legacy_alter_table = OFF;
CREATE VIRTUAL TABLE notes USING fts5(title, body, tag UNINDEXED);
INSERT INTO notes (rowid, title, body)
SELECT rowid, title, body
FROM _migrator_old_notes;
DROP TABLE _migrator_old_notes;
