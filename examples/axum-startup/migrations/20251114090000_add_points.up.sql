-- A binary that does not know the column does not miss it: it has a default.
-- migrate: older-binaries ok
ALTER TABLE loyalty_customers ADD COLUMN points bigint NOT NULL DEFAULT 0;
