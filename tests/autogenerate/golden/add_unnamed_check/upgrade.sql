-- products: add the check
-- migrate:refuse-if rows of products are against the check price > 0: SELECT id FROM products WHERE NOT (price > 0)
ALTER TABLE products ADD CHECK (price > 0);
