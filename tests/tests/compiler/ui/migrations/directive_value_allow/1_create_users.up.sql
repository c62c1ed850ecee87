-- migrate: allow drop-column
CREATE TABLE users (id bigint PRIMARY KEY);
