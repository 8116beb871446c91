CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT,
    handle TEXT
);

CREATE UNIQUE INDEX uq_users_handle ON users (handle);
