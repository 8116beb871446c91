-- users: rebuilt to change the primary key
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
