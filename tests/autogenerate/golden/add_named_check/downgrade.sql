-- products: drop the check price_is_positive
ALTER TABLE products DROP CONSTRAINT price_is_positive;
