-- migrate: lock-timeout 5
CREATE TABLE users (id bigint PRIMARY KEY);
