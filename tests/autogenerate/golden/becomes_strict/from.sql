CREATE TABLE tags (
    name TEXT PRIMARY KEY NOT NULL,
    weight INTEGER
);
