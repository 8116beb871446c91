-- create the virtual table places
-- The rows that the upgrade deleted do not come back.
CREATE VIRTUAL TABLE places USING rtree(id, min_x, max_x, min_y, max_y);
