-- /// revision
-- revision = "5e6f0a1b2c3d"
-- down_revision = "27c6a30d7c24"
-- message = "Add is_active to users"
-- create_date = 2026-11-05T08:03:57Z
-- ///

-- migrate:upgrade
ALTER TABLE users ADD COLUMN is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1));

-- migrate:downgrade
ALTER TABLE users DROP COLUMN is_active;
