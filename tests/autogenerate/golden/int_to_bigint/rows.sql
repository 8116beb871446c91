INSERT INTO items (id, code, title, stock) VALUES (1, 12, 'Lamp', 3), (2, NULL, NULL, NULL), (5, 7, 'Chair', 9007199254740993);
