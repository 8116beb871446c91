-- the virtual table notes is replaced
ALTER TABLE notes RENAME TO _migrator_old_notes;
CREATE VIRTUAL TABLE notes USING fts5(title, body);
INSERT INTO notes (rowid, title, body)
SELECT rowid, title, body
FROM _migrator_old_notes;
DROP TABLE _migrator_old_notes;
