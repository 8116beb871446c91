CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80)
);

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL
);

CREATE TRIGGER changes_undone AFTER DELETE ON changes
BEGIN
    UPDATE orders SET note = 'undone' WHERE id = OLD.id;
END;
