-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    placed_at TEXT NOT NULL,
    note VARCHAR(80)
);
INSERT OR ABORT INTO orders (id, placed_at, note)
SELECT id, placed_at, note
FROM _migrator_old_orders;
DELETE FROM sqlite_sequence WHERE name = 'orders';
UPDATE sqlite_sequence SET name = 'orders' WHERE name = '_migrator_old_orders';
DROP TABLE _migrator_old_orders;
