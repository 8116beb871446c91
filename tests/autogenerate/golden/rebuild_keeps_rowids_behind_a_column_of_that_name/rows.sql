INSERT INTO orders (oid, rowid, note) VALUES (3, 'a', 'x'), (17, 'b', NULL);
