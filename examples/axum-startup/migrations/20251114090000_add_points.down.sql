ALTER TABLE loyalty_customers DROP COLUMN points;
