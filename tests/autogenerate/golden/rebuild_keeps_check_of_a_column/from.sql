CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT CHECK (length(code) > 1),
    note TEXT
);
