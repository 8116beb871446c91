-- drop the virtual table places
-- migrate:warn-if rows of places are deleted with it: SELECT rowid FROM places
DROP TABLE places;
