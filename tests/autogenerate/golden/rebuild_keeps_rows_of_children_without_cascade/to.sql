CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80)
);

CREATE TABLE lines (
    order_id INTEGER NOT NULL REFERENCES orders (id),
    product TEXT
);
