-- orders: note may be NULL
ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;
