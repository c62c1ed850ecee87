-- Built while customers sign up: that takes longer, and keeps nobody waiting.
-- migrate: no-transaction
CREATE UNIQUE INDEX CONCURRENTLY loyalty_customers_live_email
    ON loyalty_customers (business_id, lower(email)) WHERE deleted_at IS NULL;
