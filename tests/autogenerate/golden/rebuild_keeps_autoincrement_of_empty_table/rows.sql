INSERT INTO orders (id, placed_at) VALUES (41, '2026-01-01');
DELETE FROM orders;
