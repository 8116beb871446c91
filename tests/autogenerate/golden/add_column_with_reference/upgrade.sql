-- posts: add editor_id
ALTER TABLE posts ADD COLUMN editor_id INTEGER REFERENCES users (id) ON DELETE SET NULL;
