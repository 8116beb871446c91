CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT,
    email VARCHAR(255),
    nickname TEXT
);
