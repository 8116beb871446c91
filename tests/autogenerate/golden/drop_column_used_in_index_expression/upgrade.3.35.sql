-- users: rebuilt to drop email
-- migrate:warn-if rows of users have a value in email, which is dropped: SELECT id FROM users WHERE email IS NOT NULL
PRAGMA legacy_alter_table = ON;
ALTER TABLE users RENAME TO _migrator_old_users;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    nickname TEXT
);
INSERT OR ABORT INTO users (id, name, nickname)
SELECT id, name, nickname
FROM _migrator_old_users;
DROP TABLE _migrator_old_users;
