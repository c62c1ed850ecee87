-- migrate: no-transaction please
CREATE TABLE users (id bigint PRIMARY KEY);
