CREATE TABLE measurements (
    id UNSIGNED BIG INT PRIMARY KEY,
    label CHARACTER VARYING(10),
    amount DECIMAL(10, 2),
    anything
);
