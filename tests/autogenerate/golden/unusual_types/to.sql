CREATE TABLE measurements (
    id unsigned big int primary key,
    label CHARACTER VARYING(10),
    amount DECIMAL(10,2),
    anything
);
