CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    editor_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    user_id INTEGER
);
