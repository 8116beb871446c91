INSERT INTO notes (title, body) VALUES ('One', 'first words'), ('Two', 'more words');
