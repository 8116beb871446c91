-- the trigger users_renamed is replaced
DROP TRIGGER users_renamed;

-- create the trigger users_renamed
CREATE TRIGGER users_renamed AFTER UPDATE OF name ON users
BEGIN
    INSERT INTO changes (what) VALUES (OLD.name || ' became ' || NEW.name);
END;
