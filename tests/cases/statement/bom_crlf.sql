-- dos
CREATE TABLE a (
    b TEXT
);
SELECT 'x
y';
