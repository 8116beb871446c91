-- users: add email
-- The values that the upgrade dropped do not come back.
ALTER TABLE users ADD COLUMN email VARCHAR(255);

-- create the index ix_users_email
CREATE INDEX ix_users_email ON users (lower(email));
