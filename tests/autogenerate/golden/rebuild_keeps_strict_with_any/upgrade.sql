-- orders: rebuilt to change note
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    extra ANY,
    note ANY
) STRICT;
INSERT OR ABORT INTO orders (id, code, extra, note)
SELECT id, code, extra, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
