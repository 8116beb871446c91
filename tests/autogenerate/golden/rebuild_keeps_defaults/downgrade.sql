-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    made_at TEXT DEFAULT CURRENT_TIMESTAMP,
    seen_at TEXT DEFAULT (datetime('now', '+1 day')),
    note TEXT
);
INSERT OR ABORT INTO orders (id, code, made_at, seen_at, note)
SELECT id, code, made_at, seen_at, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
