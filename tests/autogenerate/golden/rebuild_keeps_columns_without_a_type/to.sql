CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code,
    payload,
    note VARCHAR(80)
);
