CREATE TABLE orders (
    code TEXT PRIMARY KEY,
    id INTEGER,
    note TEXT
) WITHOUT ROWID;
