-- products: drop the check price_is_positive
ALTER TABLE products DROP CONSTRAINT price_is_positive;

-- products: add discount
-- The values that the upgrade dropped do not come back.
ALTER TABLE products ADD COLUMN discount NUMERIC;

-- products: add the check price_is_positive
-- migrate:refuse-if rows of products are against the check price_is_positive: SELECT id FROM (SELECT id AS id, price, NULL AS discount FROM products) AS products WHERE NOT (price > coalesce(discount, 0))
ALTER TABLE products ADD CONSTRAINT price_is_positive CHECK (price > coalesce(discount, 0));
