-- products: add the check price > 0
-- migrate:refuse-if rows of products are against the check price > 0: SELECT id FROM products WHERE NOT (price > 0)
ALTER TABLE products ADD CHECK (price > 0);
