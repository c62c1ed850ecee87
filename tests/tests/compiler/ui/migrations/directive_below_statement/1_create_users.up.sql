CREATE TABLE users (id bigint PRIMARY KEY);

-- The table is small.
-- migrate: lock-timeout 1s
CREATE INDEX ON users (id);
