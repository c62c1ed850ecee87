-- migrate: older-binaries ok

CREATE TABLE customers (
    id          INTEGER PRIMARY KEY,
    business_id TEXT NOT NULL,
    program_id  INTEGER NOT NULL,
    email       TEXT NOT NULL,
    points      INTEGER NOT NULL DEFAULT 0,
    referred_by INTEGER REFERENCES customers,
    -- A soft delete: the books need the rows of customers who left.
    deleted_at  TEXT,
    FOREIGN KEY (business_id, program_id) REFERENCES loyalty_programs (business_id, id)
) STRICT;

-- An address is unique among live customers only, so that a customer who left can come back.
CREATE UNIQUE INDEX customers_live_email ON customers (business_id, email) WHERE deleted_at IS NULL;

-- When a referenced row is deleted, SQLite looks up the rows that refer to it: these indexes make that fast.
CREATE INDEX customers_program ON customers (business_id, program_id);
CREATE INDEX customers_referred_by ON customers (referred_by);
