-- migrate: older-binaries ok

CREATE TABLE customers (
    business_id text NOT NULL REFERENCES tenants (business_id),
    id text NOT NULL,
    email text NOT NULL,
    deleted_at text,
    PRIMARY KEY (business_id, id)
);
CREATE UNIQUE INDEX customers_live_email ON customers (business_id, email) WHERE deleted_at IS NULL;
