-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80)
);
INSERT OR ABORT INTO orders (id, code, note)
SELECT id, code, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;

-- the trigger orders_fts_insert as it was
CREATE TRIGGER orders_fts_insert AFTER INSERT ON orders
BEGIN
    INSERT INTO orders_fts (rowid, code, note) VALUES (new.id, new.code, new.note);
END;

-- the trigger orders_fts_delete as it was
CREATE TRIGGER orders_fts_delete AFTER DELETE ON orders
BEGIN
    INSERT INTO orders_fts (orders_fts, rowid, code, note) VALUES ('delete', old.id, old.code, old.note);
END;
