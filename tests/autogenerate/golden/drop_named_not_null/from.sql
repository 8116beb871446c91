CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255) CONSTRAINT email_is_known NOT NULL,
    nickname TEXT
);
