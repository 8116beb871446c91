CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80),
    CONSTRAINT code_is_long CHECK (length(code) > 1),
    CONSTRAINT uq_code UNIQUE (code)
);

CREATE UNIQUE INDEX uq_orders_note ON orders (note) WHERE note IS NOT NULL;
