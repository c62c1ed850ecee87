-- migrate: allow drop-colunm "it is empty"
CREATE TABLE orders (id bigint PRIMARY KEY);
