INSERT INTO users (id, name) VALUES (1, 'Ada'), (2, 'Grace');
INSERT INTO posts (id, title, user_id) VALUES (1, 'On engines', 1), (2, 'On compilers', 2), (3, 'On moths', NULL);
