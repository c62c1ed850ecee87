-- The column has a default, so a binary that does not know it keeps working.
-- migrate: older-binaries ok
ALTER TABLE loyalty_customers ADD COLUMN points bigint NOT NULL DEFAULT 0;
