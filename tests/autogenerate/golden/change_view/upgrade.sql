-- the view named_users is replaced
DROP VIEW named_users;

-- create the view named_users
CREATE VIEW named_users AS SELECT id, name FROM users WHERE email IS NOT NULL;
