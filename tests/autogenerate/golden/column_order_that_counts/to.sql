CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email VARCHAR(255),
    name TEXT NOT NULL,
    nickname TEXT
);
