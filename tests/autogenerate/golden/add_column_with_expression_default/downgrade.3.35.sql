-- users: rebuilt to drop joined_at
-- migrate:warn-if rows of users have a value in joined_at, which is dropped: SELECT id FROM users WHERE joined_at IS NOT NULL
PRAGMA legacy_alter_table = ON;
ALTER TABLE users RENAME TO _migrator_old_users;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT
);
INSERT OR ABORT INTO users (id, name, email, nickname)
SELECT id, name, email, nickname
FROM _migrator_old_users;
DROP TABLE _migrator_old_users;
