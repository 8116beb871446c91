-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
    note VARCHAR(80)
);
INSERT OR ABORT INTO orders (id, user_id, note)
SELECT id, user_id, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
