INSERT INTO users (id, name, email, nickname) VALUES
    (1, 'Ada', 'ada@example.org', NULL),
    (2, 'Grace', 'grace@example.org', 'amazing'),
    (7, 'O''Brien', 'ob@example.org', '名前');
INSERT INTO orders (id, user_id, note) VALUES (1, 2, 'x'), (2, 7, NULL);
