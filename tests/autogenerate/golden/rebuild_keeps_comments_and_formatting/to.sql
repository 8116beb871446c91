CREATE TABLE orders ( -- what people ask for
    id   INTEGER PRIMARY KEY, -- the number on the paper
    code TEXT /* printed; "as is" */ ,

    note VARCHAR(80) -- anything
);
