INSERT INTO tags (name, weight) VALUES ('rust', 1), (NULL, 2);
