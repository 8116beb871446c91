CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    code TEXT,
    title VARCHAR(20),
    stock INTEGER
);
