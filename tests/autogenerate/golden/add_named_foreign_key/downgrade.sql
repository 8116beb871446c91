-- posts: drop the foreign key fk_posts_user
ALTER TABLE posts DROP CONSTRAINT fk_posts_user;
