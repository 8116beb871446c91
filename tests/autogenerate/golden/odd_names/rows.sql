INSERT INTO "order" VALUES (1, 'Ada', 1.5, 'x', 'y');
