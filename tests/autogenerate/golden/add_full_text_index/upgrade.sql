-- create the virtual table orders_fts
CREATE VIRTUAL TABLE orders_fts USING fts5(code, note, content='orders', content_rowid='id');
INSERT INTO orders_fts (orders_fts) VALUES ('rebuild');

-- create the trigger orders_fts_insert
CREATE TRIGGER orders_fts_insert AFTER INSERT ON orders
BEGIN
    INSERT INTO orders_fts (rowid, code, note) VALUES (new.id, new.code, new.note);
END;

-- create the trigger orders_fts_delete
CREATE TRIGGER orders_fts_delete AFTER DELETE ON orders
BEGIN
    INSERT INTO orders_fts (orders_fts, rowid, code, note) VALUES ('delete', old.id, old.code, old.note);
END;
