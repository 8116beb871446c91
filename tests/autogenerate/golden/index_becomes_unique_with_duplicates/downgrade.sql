-- the index ix_posts_title is replaced
DROP INDEX ix_posts_title;

-- the index ix_posts_title as it is now
CREATE INDEX ix_posts_title ON posts (title);
