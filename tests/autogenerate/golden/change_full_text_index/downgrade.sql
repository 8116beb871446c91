-- the virtual table orders_fts is replaced
DROP TABLE orders_fts;
CREATE VIRTUAL TABLE orders_fts USING fts5(code, note, content='orders', content_rowid='id');
INSERT INTO orders_fts (orders_fts) VALUES ('rebuild');
