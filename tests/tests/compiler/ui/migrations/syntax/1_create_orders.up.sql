CREATE TABLE orders (
    id bigint PRIMRY KEY,
    note text
);
