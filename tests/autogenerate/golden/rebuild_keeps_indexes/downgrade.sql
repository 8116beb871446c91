-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT
);
INSERT OR ABORT INTO orders (id, code, note)
SELECT id, code, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
CREATE INDEX ix_orders_code ON orders (code);
CREATE INDEX ix_orders_note ON orders (note, code);
