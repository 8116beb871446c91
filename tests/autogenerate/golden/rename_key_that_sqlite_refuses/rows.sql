INSERT INTO seats VALUES (3, 'A'), (1, 'B'), (2, 'A');
INSERT INTO tickets VALUES (7, 3), (8, NULL);
