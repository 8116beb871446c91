CREATE TABLE orders (
    code TEXT,
    note TEXT
);
