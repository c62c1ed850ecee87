-- migrate: irreversible "the names are gone"
SET ROLE app;
-- migrate: allow drop-column "nobody reads the names"
ALTER TABLE users DROP COLUMN name;
