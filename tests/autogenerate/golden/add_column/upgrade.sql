-- users: add bio
ALTER TABLE users ADD COLUMN bio TEXT;
