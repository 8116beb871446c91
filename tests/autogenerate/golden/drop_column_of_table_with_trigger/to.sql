CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email VARCHAR(255)
);

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL
);

CREATE TRIGGER users_renamed AFTER UPDATE OF name ON users
BEGIN
    INSERT INTO changes (what) VALUES (OLD.name || ' is now ' || NEW.name);
END;
