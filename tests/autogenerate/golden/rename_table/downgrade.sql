-- the table articles is called posts from now on
ALTER TABLE articles RENAME TO posts;
