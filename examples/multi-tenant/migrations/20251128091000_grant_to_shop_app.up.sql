-- The role of the service is no owner and no superuser, and has no TRUNCATE, which policies do not stop.
GRANT SELECT, INSERT, UPDATE, DELETE ON customers, orders TO shop_app;
-- It may not create temporary tables: the next tenant on the connection would find them.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- migrate: allow hidden-ddl "only the name of the database is put in"
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
