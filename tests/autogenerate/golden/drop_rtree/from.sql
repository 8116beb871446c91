CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT
);

CREATE VIRTUAL TABLE places USING rtree(id, min_x, max_x, min_y, max_y);
