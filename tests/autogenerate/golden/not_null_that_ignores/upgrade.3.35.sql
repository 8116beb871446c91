-- orders: rebuilt to change note
-- migrate:refuse-if rows of orders have NULL in note: SELECT id FROM orders WHERE note IS NULL
-- (autogenerate can write a value: --fill orders.note=EXPRESSION)
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT NOT NULL ON CONFLICT IGNORE
);
INSERT OR ABORT INTO orders (id, code, note)
SELECT id, code, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
