-- lines: rebuilt to drop note
-- migrate:warn-if rows of lines have a value in note, which is dropped: SELECT id FROM lines WHERE note IS NOT NULL
PRAGMA legacy_alter_table = ON;
ALTER TABLE lines RENAME TO _migrator_old_lines;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    quantity INTEGER NOT NULL,
    price NUMERIC NOT NULL,
    total NUMERIC GENERATED ALWAYS AS (quantity * price) STORED
);
INSERT OR ABORT INTO lines (id, quantity, price)
SELECT id, quantity, price
FROM _migrator_old_lines;
DROP TABLE _migrator_old_lines;
