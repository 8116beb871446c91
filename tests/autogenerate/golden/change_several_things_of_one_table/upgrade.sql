-- users: rebuilt to add is_active; drop nickname; change name, email, unique constraints, checks
-- migrate:warn-if rows of users have a value in nickname, which is dropped: SELECT id FROM users WHERE nickname IS NOT NULL
-- migrate:refuse-if rows of users have NULL in email: SELECT id FROM users WHERE email IS NULL
-- (autogenerate can write a value: --fill users.email=EXPRESSION)
-- migrate:refuse-if rows of users share their email: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY email) AS n_alike FROM users WHERE email IS NOT NULL) WHERE n_alike > 1
-- migrate:refuse-if rows of users are against the check name <> '': SELECT id FROM users WHERE NOT (name <> '')
PRAGMA legacy_alter_table = ON;
ALTER TABLE users RENAME TO _migrator_old_users;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    email VARCHAR(255) NOT NULL UNIQUE,
    is_active BOOLEAN NOT NULL DEFAULT 1,
    CHECK (name <> '')
);
INSERT OR ABORT INTO users (id, name, email)
SELECT id, name, email
FROM _migrator_old_users;
DROP TABLE _migrator_old_users;
