-- migrate: no-transaction
DROP INDEX CONCURRENTLY loyalty_customers_live_email;
