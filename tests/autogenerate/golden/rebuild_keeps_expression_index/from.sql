CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT
);

CREATE INDEX ix_orders_code ON orders (lower(code), length(code) DESC);
