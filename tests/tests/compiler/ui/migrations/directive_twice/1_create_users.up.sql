-- migrate: lock-timeout 1s
-- migrate: lock-timeout 2s
CREATE TABLE users (id bigint PRIMARY KEY);
