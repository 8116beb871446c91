-- /// revision
-- revision = "8d41c0b7e95a"
-- down_revision = "5e6f0a1b2c3d"
-- message = "Create profiles, one for each user"
-- create_date = 2026-11-09T16:25:02Z
-- ///

-- migrate:upgrade
CREATE TABLE profiles (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    full_name TEXT,
    bio TEXT
);

-- migrate:downgrade
DROP TABLE profiles;
