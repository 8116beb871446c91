CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    upper_code TEXT GENERATED ALWAYS AS (upper(code)) STORED,
    first_letter AS (substr(code, 1, 1)),
    note VARCHAR(80)
);
