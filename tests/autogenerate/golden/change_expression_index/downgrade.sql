-- the index ix_users_email is replaced
DROP INDEX ix_users_email;

-- the index ix_users_email as it is now
CREATE INDEX ix_users_email ON users (lower(email));
