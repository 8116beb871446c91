-- users: rebuilt to change unique constraints
-- migrate:refuse-if rows of users share their name: SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY name) AS n_alike FROM users WHERE name IS NOT NULL) WHERE n_alike > 1
PRAGMA legacy_alter_table = ON;
ALTER TABLE users RENAME TO _migrator_old_users;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    email VARCHAR(255),
    nickname TEXT
);
INSERT OR ABORT INTO users (id, name, email, nickname)
SELECT id, name, email, nickname
FROM _migrator_old_users;
DROP TABLE _migrator_old_users;
