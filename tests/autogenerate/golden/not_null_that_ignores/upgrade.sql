-- orders: note must not be NULL
-- migrate:refuse-if rows of orders have NULL in note: SELECT id FROM orders WHERE note IS NULL
-- (autogenerate can write a value: --fill orders.note=EXPRESSION)
ALTER TABLE orders ALTER COLUMN note SET NOT NULL ON CONFLICT IGNORE;
