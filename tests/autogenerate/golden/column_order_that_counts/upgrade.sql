-- users: rebuilt to change the order of the columns
PRAGMA legacy_alter_table = ON;
ALTER TABLE users RENAME TO _migrator_old_users;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email VARCHAR(255),
    name TEXT NOT NULL,
    nickname TEXT
);
INSERT OR ABORT INTO users (id, email, name, nickname)
SELECT id, email, name, nickname
FROM _migrator_old_users;
DROP TABLE _migrator_old_users;
