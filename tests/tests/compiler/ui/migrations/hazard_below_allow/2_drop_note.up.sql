SELECT 1;

-- migrate: allow drop-column "no release reads it since 2.3"
ALTER TABLE orders DROP COLUMN note;
ALTER TABLE orders DROP COLUMN total;
