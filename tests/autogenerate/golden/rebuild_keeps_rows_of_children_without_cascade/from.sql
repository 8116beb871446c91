CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT
);

CREATE TABLE lines (
    order_id INTEGER NOT NULL REFERENCES orders (id),
    product TEXT
);
