-- orders: rebuilt to change state
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT,
    state TEXT DEFAULT 'open'
);
INSERT OR ABORT INTO orders (id, code, note, state)
SELECT id, code, note, state
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
