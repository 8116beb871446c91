INSERT INTO orders (id, code, note) VALUES (1, 'A-1', 'first'), (2, 'B-2', NULL), (9, 'c-3', '012');
UPDATE orders SET payload = x'00ff' WHERE id = 1;
UPDATE orders SET payload = 1.5 WHERE id = 2;
