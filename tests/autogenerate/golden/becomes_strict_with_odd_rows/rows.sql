INSERT INTO tags (name, weight) VALUES ('rust', 3), ('sqlite', NULL), ('it''s', -1);
INSERT INTO tags (name, weight) VALUES ('odd', 'heavy');
