-- products: drop the check price_is_positive
ALTER TABLE products DROP CONSTRAINT price_is_positive;

-- products: add the check price_is_positive
-- migrate:refuse-if rows of products are against the check price_is_positive: SELECT id FROM products WHERE NOT (price >= 1)
ALTER TABLE products ADD CONSTRAINT price_is_positive CHECK (price >= 1);
