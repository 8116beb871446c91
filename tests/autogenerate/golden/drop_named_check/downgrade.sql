-- products: add the check price_is_positive
-- migrate:refuse-if rows of products are against the check price_is_positive: SELECT id FROM products WHERE NOT (price > 0)
ALTER TABLE products ADD CONSTRAINT price_is_positive CHECK (price > 0);
