CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    full_name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT
);
