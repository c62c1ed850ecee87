-- Users of all tenants.
-- migrate: lock-timeout 500ms
-- migrate: statement-timeout 30min
-- migrate: risk safe
CREATE TABLE users (id bigint PRIMARY KEY, name text);
