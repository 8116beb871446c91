-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    code TEXT,
    note TEXT
);
INSERT OR ABORT INTO orders (rowid, code, note)
SELECT rowid, code, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
