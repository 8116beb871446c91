CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT
);

CREATE INDEX ix_users_name_nickname ON users (name, nickname);

CREATE VIEW named_users AS SELECT id, name, nickname FROM users;
