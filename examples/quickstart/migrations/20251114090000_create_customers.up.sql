-- migrate: older-binaries ok

CREATE TABLE customers (
    id          INTEGER PRIMARY KEY,
    business_id TEXT NOT NULL,
    program_id  INTEGER NOT NULL,
    email       TEXT NOT NULL,
    points      INTEGER NOT NULL DEFAULT 0,
    referred_by INTEGER REFERENCES customers,
    -- A customer who leaves is kept, for the books: a soft delete.
    deleted_at  TEXT,
    FOREIGN KEY (business_id, program_id) REFERENCES loyalty_programs (business_id, id)
) STRICT;

-- Only among live customers is an address unique: who left may come back.
CREATE UNIQUE INDEX customers_live_email ON customers (business_id, email) WHERE deleted_at IS NULL;

-- What foreign keys refer from is looked up whenever a row that they refer to is deleted.
CREATE INDEX customers_program ON customers (business_id, program_id);
CREATE INDEX customers_referred_by ON customers (referred_by);
