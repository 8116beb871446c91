-- drop the index ix_posts_title
DROP INDEX ix_posts_title;
