-- lines: add total
ALTER TABLE lines ADD COLUMN total NUMERIC GENERATED ALWAYS AS (quantity * price) VIRTUAL;
