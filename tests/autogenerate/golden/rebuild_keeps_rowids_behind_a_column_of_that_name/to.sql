CREATE TABLE orders (
    rowid TEXT,
    note VARCHAR(80)
);
