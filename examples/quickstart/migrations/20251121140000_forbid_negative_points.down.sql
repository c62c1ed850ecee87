-- Rebuilds the table without the constraint.
-- Customers refer to each other, and dropping the old table must not take that for a delete.
-- migrate: foreign-keys off

CREATE TABLE new_customers (
    id          INTEGER PRIMARY KEY,
    business_id TEXT NOT NULL,
    program_id  INTEGER NOT NULL,
    email       TEXT NOT NULL,
    points      INTEGER NOT NULL DEFAULT 0,
    referred_by INTEGER REFERENCES customers,
    deleted_at  TEXT,
    FOREIGN KEY (business_id, program_id) REFERENCES loyalty_programs (business_id, id)
) STRICT;

INSERT INTO new_customers (id, business_id, program_id, email, points, referred_by, deleted_at)
SELECT id, business_id, program_id, email, points, referred_by, deleted_at FROM customers;

DROP TABLE customers;
ALTER TABLE new_customers RENAME TO customers;

CREATE UNIQUE INDEX customers_live_email ON customers (business_id, email) WHERE deleted_at IS NULL;
CREATE INDEX customers_program ON customers (business_id, program_id);
CREATE INDEX customers_referred_by ON customers (referred_by);
