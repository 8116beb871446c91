INSERT INTO orders (id, placed_at, note) VALUES (1, '2026-01-01', 'a'), (2, '2026-01-02', 'b'), (100, '2026-01-03', NULL);
DELETE FROM orders WHERE id = 100;
