CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    code INTEGER,
    title VARCHAR(50),
    stock INTEGER
);
