-- users: rebuilt to add age; change checks
-- migrate:refuse-if rows of users are against the check age BETWEEN 0 AND 150: SELECT id FROM (SELECT id AS id, NULL AS age FROM users) AS users WHERE NOT (age BETWEEN 0 AND 150)
PRAGMA legacy_alter_table = ON;
ALTER TABLE users RENAME TO _migrator_old_users;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255),
    nickname TEXT,
    age INTEGER CHECK (age BETWEEN 0 AND 150)
);
INSERT OR ABORT INTO users (id, name, email, nickname)
SELECT id, name, email, nickname
FROM _migrator_old_users;
DROP TABLE _migrator_old_users;
