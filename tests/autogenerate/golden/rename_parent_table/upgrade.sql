-- the table users is called people from now on
ALTER TABLE users RENAME TO people;
