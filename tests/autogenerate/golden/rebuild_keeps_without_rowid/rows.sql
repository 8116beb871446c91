INSERT INTO orders (id, code, note) VALUES (1, 'A-1', 'first'), (2, 'B-2', NULL), (9, 'c-3', '012');
