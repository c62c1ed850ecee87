-- migrate: unparsed "an option of a fork"
CREATE TABLE orders (id bigint PRIMARY KEY);
