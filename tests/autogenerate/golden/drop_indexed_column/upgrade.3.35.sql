-- users: rebuilt to drop nickname
-- migrate:warn-if rows of users have a value in nickname, which is dropped: SELECT id FROM users WHERE nickname IS NOT NULL
PRAGMA legacy_alter_table = ON;
ALTER TABLE users RENAME TO _migrator_old_users;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255)
);
INSERT OR ABORT INTO users (id, name, email)
SELECT id, name, email
FROM _migrator_old_users;
DROP TABLE _migrator_old_users;
