CREATE TABLE tags (
    name TEXT PRIMARY KEY,
    weight INTEGER
);
