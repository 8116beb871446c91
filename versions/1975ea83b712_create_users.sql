-- /// revision
-- revision = "1975ea83b712"
-- message = "Create users"
-- create_date = 2026-11-02T09:12:40Z
-- ///

-- migrate:upgrade
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    email TEXT NOT NULL
);
CREATE UNIQUE INDEX ix_users_username ON users (username);
CREATE UNIQUE INDEX ix_users_email ON users (email);

-- migrate:downgrade
DROP TABLE users;
