CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    extra ANY,
    note ANY
) STRICT;
