-- drop the virtual table places
DROP TABLE places;
