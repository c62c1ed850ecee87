-- migrate: irreversible "the names are gone"
SET ROLE app;
ALTER TABLE users DROP COLUMN name;
