INSERT INTO user_tags (user_id, tag_id, since) VALUES (1, 1, '2026-01-01'), (1, 2, '2026-01-02'), (2, 1, '2026-01-03');
