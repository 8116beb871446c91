INSERT INTO tags (name, weight) VALUES ('rust', 3), ('sqlite', NULL), ('it''s', -1);
