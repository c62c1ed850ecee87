-- The names went to another service.
-- migrate: irreversible "the names are gone"
ALTER TABLE users DROP COLUMN name;
