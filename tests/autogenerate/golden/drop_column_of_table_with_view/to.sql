CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255)
);

CREATE VIEW named_users AS SELECT id, name FROM users WHERE name <> '';
