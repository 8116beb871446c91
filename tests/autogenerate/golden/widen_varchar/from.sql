CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    code INTEGER,
    title VARCHAR(20),
    stock INTEGER
);
