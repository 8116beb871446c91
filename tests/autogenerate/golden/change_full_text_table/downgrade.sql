-- the virtual table notes is replaced
-- migrate:warn-if rows of notes have a value in tag, which is dropped: SELECT rowid FROM notes WHERE tag IS NOT NULL
PRAGMA legacy_alter_table = ON;
ALTER TABLE notes RENAME TO _migrator_old_notes;
PRAGMA legacy_alter_table = OFF;
CREATE VIRTUAL TABLE notes USING fts5(title, body);
INSERT INTO notes (rowid, title, body)
SELECT rowid, title, body
FROM _migrator_old_notes;
DROP TABLE _migrator_old_notes;
