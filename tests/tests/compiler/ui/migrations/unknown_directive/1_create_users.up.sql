-- Users of all tenants.
-- migrate: no-transactoin
CREATE TABLE users (id bigint PRIMARY KEY);
