CREATE TABLE orders (
    rowid TEXT,
    note TEXT
);
