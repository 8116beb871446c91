-- drop the view named_users
DROP VIEW named_users;
