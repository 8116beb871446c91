CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT
);
