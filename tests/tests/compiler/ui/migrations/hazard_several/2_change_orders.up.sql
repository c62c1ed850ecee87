CREATE INDEX orders_note ON orders (note);
ALTER TABLE orders ALTER COLUMN total TYPE numeric, ALTER COLUMN note SET NOT NULL;
UPDATE orders SET total = 0;
