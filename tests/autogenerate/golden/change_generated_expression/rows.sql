INSERT INTO lines (id, quantity, price, note) VALUES (1, 2, 19.5, 'a'), (2, 1, 80, NULL);
