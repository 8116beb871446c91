CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT
);

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL
);
