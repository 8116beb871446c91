CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    amount NUMERIC NOT NULL,
    CONSTRAINT price_is_positive CHECK (amount > 0)
);
