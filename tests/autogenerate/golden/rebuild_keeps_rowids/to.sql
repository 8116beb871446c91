CREATE TABLE orders (
    code TEXT,
    note VARCHAR(80)
);
