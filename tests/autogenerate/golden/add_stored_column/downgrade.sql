-- lines: drop total
ALTER TABLE lines DROP COLUMN total;
