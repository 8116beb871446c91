-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    code TEXT PRIMARY KEY,
    id INTEGER,
    note VARCHAR(80)
) WITHOUT ROWID;
INSERT OR ABORT INTO orders (code, id, note)
SELECT code, id, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
