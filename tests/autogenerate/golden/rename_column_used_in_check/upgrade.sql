-- products: price is called amount from now on
ALTER TABLE products RENAME COLUMN price TO amount;
