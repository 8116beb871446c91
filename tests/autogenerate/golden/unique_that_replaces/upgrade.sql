-- orders: rebuilt to change unique constraints
-- migrate:refuse-if rows of orders share their code: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY code) AS n_alike FROM orders WHERE code IS NOT NULL) WHERE n_alike > 1
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT UNIQUE ON CONFLICT REPLACE,
    note TEXT
);
INSERT OR ABORT INTO orders (id, code, note)
SELECT id, code, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
