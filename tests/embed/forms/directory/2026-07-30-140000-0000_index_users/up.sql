-- migrate: older-binaries ok
CREATE INDEX CONCURRENTLY users_id ON users (id);
