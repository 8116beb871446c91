-- Semicolons that end nothing.
INSERT INTO notes (body) VALUES ('a; b'), ('it''s; fine'), ('-- no comment');
INSERT INTO "odd; name" ([a;b], `c;d`) VALUES (x'3b', ';');

UPDATE notes SET body = 'two
lines;
of text' WHERE id = 1;
SELECT '' ; SELECT '''';
