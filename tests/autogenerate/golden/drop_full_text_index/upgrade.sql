-- drop the trigger orders_fts_insert
DROP TRIGGER orders_fts_insert;

-- drop the trigger orders_fts_delete
DROP TRIGGER orders_fts_delete;

-- drop the virtual table orders_fts
DROP TABLE orders_fts;
