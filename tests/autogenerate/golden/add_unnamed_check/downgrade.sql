-- products: rebuilt to change checks
PRAGMA legacy_alter_table = ON;
ALTER TABLE products RENAME TO _migrator_old_products;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    price NUMERIC NOT NULL
);
INSERT OR ABORT INTO products (id, name, price)
SELECT id, name, price
FROM _migrator_old_products;
DROP TABLE _migrator_old_products;
