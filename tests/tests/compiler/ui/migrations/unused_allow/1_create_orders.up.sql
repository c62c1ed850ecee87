-- migrate: allow drop-table "it is empty"
CREATE TABLE orders (id bigint PRIMARY KEY);
