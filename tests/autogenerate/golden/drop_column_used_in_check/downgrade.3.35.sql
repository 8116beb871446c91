-- products: rebuilt to add discount; change checks
-- The values that the upgrade dropped do not come back.
-- migrate:refuse-if rows of products are against the check price_is_positive: SELECT id FROM (SELECT id AS id, price, NULL AS discount FROM products) AS products WHERE NOT (price > coalesce(discount, 0))
PRAGMA legacy_alter_table = ON;
ALTER TABLE products RENAME TO _migrator_old_products;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    price NUMERIC NOT NULL,
    discount NUMERIC,
    CONSTRAINT price_is_positive CHECK (price > coalesce(discount, 0))
);
INSERT OR ABORT INTO products (id, name, price)
SELECT id, name, price
FROM _migrator_old_products;
DROP TABLE _migrator_old_products;
