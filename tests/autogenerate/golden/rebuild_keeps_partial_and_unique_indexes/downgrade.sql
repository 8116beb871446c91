-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT,
    CONSTRAINT code_is_long CHECK (length(code) > 1),
    CONSTRAINT uq_code UNIQUE (code)
);
INSERT OR ABORT INTO orders (id, code, note)
SELECT id, code, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
CREATE UNIQUE INDEX uq_orders_note ON orders (note) WHERE note IS NOT NULL;
