-- Built while customers sign up. That takes longer, but no one has to wait.
-- migrate: no-transaction
-- migrate: allow index-concurrent "alone in its migration, with few sign-ups at once"
CREATE UNIQUE INDEX CONCURRENTLY loyalty_customers_live_email
    ON loyalty_customers (business_id, lower(email)) WHERE deleted_at IS NULL;
