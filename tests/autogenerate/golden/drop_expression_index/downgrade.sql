-- create the index ix_users_email
CREATE INDEX ix_users_email ON users (lower(email));
