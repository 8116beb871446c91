-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    rowid TEXT,
    note VARCHAR(80)
);
INSERT OR ABORT INTO orders (_rowid_, rowid, note)
SELECT _rowid_, rowid, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
