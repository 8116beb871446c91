-- create the view named_users
CREATE VIEW named_users AS SELECT id, name FROM users WHERE name <> '';
