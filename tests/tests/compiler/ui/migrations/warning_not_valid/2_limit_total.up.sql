ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total > 0) NOT VALID;
