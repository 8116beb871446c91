INSERT INTO users (id, name, email, nickname) VALUES
    (1, 'Ada', 'ada@example.org', NULL),
    (2, 'Grace', 'grace@example.org', 'amazing'),
    (7, 'O''Brien', 'ob@example.org', '名前');
