CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80)
);

CREATE INDEX ix_orders_code ON orders (code DESC, id);

CREATE INDEX ix_orders_code_nocase ON orders (code COLLATE NOCASE);
