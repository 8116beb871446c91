CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT,
    is_active BOOLEAN NOT NULL DEFAULT 1
);
