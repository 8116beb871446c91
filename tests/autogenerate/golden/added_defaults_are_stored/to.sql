CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note TEXT,
    state TEXT DEFAULT 'open'
);
