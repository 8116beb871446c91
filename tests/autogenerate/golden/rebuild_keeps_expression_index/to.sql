CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80)
);

CREATE INDEX ix_orders_code ON orders (lower(code), length(code) DESC);
