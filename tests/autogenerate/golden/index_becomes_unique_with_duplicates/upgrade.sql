-- the index ix_posts_title is replaced
DROP INDEX ix_posts_title;

-- the index ix_posts_title as it is now
-- migrate:refuse-if rows of posts share their title: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY title) AS n_alike FROM posts WHERE title IS NOT NULL) WHERE n_alike > 1
CREATE UNIQUE INDEX ix_posts_title ON posts (title);
