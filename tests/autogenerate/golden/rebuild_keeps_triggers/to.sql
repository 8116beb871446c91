CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80)
);

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL
);

CREATE TRIGGER orders_logged AFTER INSERT ON orders
BEGIN
    INSERT INTO changes (what) VALUES ('order ' || NEW.id);
END;
