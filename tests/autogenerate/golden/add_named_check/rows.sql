INSERT INTO products (id, name, price) VALUES (1, 'Lamp', 19.5), (2, 'Chair', 80);
