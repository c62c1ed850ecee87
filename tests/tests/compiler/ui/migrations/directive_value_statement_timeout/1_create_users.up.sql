-- migrate: statement-timeout 1 day
CREATE TABLE users (id bigint PRIMARY KEY);
