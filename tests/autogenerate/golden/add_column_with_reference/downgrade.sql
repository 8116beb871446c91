-- posts: drop editor_id
-- migrate:warn-if rows of posts have a value in editor_id, which is dropped: SELECT id FROM posts WHERE editor_id IS NOT NULL
ALTER TABLE posts DROP COLUMN editor_id;
