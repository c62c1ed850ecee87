-- The role of the service: no owner, no superuser, and no TRUNCATE, which policies do not stop.
GRANT SELECT, INSERT, UPDATE, DELETE ON customers, orders TO shop_app;
-- It makes no tables, temporary or not: the next tenant on the connection would find them.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- migrate: allow hidden-ddl "only the name of the database is put in"
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
