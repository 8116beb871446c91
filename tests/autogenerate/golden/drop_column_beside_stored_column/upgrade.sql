-- lines: drop note
-- migrate:warn-if rows of lines have a value in note, which is dropped: SELECT id FROM lines WHERE note IS NOT NULL
ALTER TABLE lines DROP COLUMN note;
