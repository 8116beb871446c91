-- products: amount is called price from now on
ALTER TABLE products RENAME COLUMN amount TO price;
