CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    quantity INTEGER NOT NULL,
    price NUMERIC NOT NULL,
    note TEXT,
    total NUMERIC GENERATED ALWAYS AS (quantity * price) VIRTUAL
);
