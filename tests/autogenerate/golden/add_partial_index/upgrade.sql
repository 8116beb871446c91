-- create the index ix_posts_title
CREATE INDEX ix_posts_title ON posts (title) WHERE user_id IS NOT NULL;
