-- The role of the service: no owner, no superuser, and no TRUNCATE, which policies do not stop.
GRANT SELECT, INSERT, UPDATE, DELETE ON customers, orders TO shop_app;
