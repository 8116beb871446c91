INSERT INTO orders (id, note) VALUES (1, '12abc'), (2, 'abc'), (3, '1e3'), (4, '012'), (5, NULL);
