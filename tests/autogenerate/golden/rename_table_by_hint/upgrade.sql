-- the table posts is called articles from now on
ALTER TABLE posts RENAME TO articles;
