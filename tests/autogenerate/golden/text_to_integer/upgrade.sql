-- orders: rebuilt to change note
-- migrate:warn-if rows of orders have a text that is a number in note, which becomes INTEGER: SELECT id FROM orders WHERE typeof(note) = 'text' AND note = CAST(note AS NUMERIC)
PRAGMA legacy_alter_table = ON;
ALTER TABLE orders RENAME TO _migrator_old_orders;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note INTEGER
);
INSERT OR ABORT INTO orders (id, code, note)
SELECT id, code, note
FROM _migrator_old_orders;
DROP TABLE _migrator_old_orders;
