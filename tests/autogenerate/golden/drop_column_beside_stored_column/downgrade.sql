-- lines: add note
-- The values that the upgrade dropped do not come back.
ALTER TABLE lines ADD COLUMN note TEXT;
