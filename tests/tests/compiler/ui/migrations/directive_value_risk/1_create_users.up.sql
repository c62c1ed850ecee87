-- migrate: risk medium
CREATE TABLE users (id bigint PRIMARY KEY);
