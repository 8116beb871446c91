-- lines: rebuilt to drop total
PRAGMA legacy_alter_table = ON;
ALTER TABLE lines RENAME TO _migrator_old_lines;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    quantity INTEGER NOT NULL,
    price NUMERIC NOT NULL,
    note TEXT
);
INSERT OR ABORT INTO lines (id, quantity, price, note)
SELECT id, quantity, price, note
FROM _migrator_old_lines;
DROP TABLE _migrator_old_lines;
