INSERT INTO orders (rowid, code, note) VALUES (3, 'a', 'x'), (17, 'b', NULL), (900, 'c', 'y');
