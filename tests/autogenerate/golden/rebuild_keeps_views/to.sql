CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    note VARCHAR(80)
);

CREATE VIEW open_orders AS SELECT id, code FROM orders WHERE note IS NULL;

CREATE VIEW open_codes AS SELECT code FROM open_orders;

CREATE TRIGGER open_orders_closed INSTEAD OF DELETE ON open_orders
BEGIN
    UPDATE orders SET note = 'closed' WHERE id = OLD.id;
END;
