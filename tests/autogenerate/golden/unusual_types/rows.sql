INSERT INTO measurements (id, label, amount, anything) VALUES (1, 'a', 1.5, x'00ff'), (2, NULL, '2.25', 'text');
