-- drop the table posts
-- migrate:warn-if rows of posts are deleted with it: SELECT id FROM posts
DROP TABLE posts;
