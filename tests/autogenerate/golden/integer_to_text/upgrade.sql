-- items: rebuilt to change code
-- migrate:warn-if rows of items have a number in code, which becomes TEXT: SELECT id FROM items WHERE typeof(code) IN ('integer', 'real')
PRAGMA legacy_alter_table = ON;
ALTER TABLE items RENAME TO _migrator_old_items;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    code TEXT,
    title VARCHAR(20),
    stock INTEGER
);
INSERT OR ABORT INTO items (id, code, title, stock)
SELECT id, code, title, stock
FROM _migrator_old_items;
DROP TABLE _migrator_old_items;
