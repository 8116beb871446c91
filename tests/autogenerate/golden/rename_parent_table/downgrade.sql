-- the table people is called users from now on
ALTER TABLE people RENAME TO users;
