CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    price NUMERIC NOT NULL,
    discount NUMERIC,
    CONSTRAINT price_is_positive CHECK (price > coalesce(discount, 0))
);
