CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    parent_id INTEGER REFERENCES orders (id) ON DELETE CASCADE,
    note VARCHAR(80)
);
