CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    full_name TEXT NOT NULL, -- migrator:renamed from name
    email VARCHAR(255),
    nickname TEXT
);
