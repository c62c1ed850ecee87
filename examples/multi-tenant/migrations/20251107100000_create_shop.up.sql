-- The rows of all tenants are in one table. `business_id` names the tenant of each row.
CREATE TABLE customers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_id uuid NOT NULL,
    email       text NOT NULL,
    name        text NOT NULL,
    deleted_at  timestamptz,
    deleted_by  text,
    delete_op   uuid
);
-- The index is partial, so that an address is free again once its customer is deleted.
CREATE UNIQUE INDEX customers_email ON customers (business_id, email) WHERE deleted_at IS NULL;

CREATE TABLE orders (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_id   uuid NOT NULL,
    customer_id   bigint NOT NULL,
    total         bigint NOT NULL CHECK (total >= 0),
    note          text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz,
    deleted_by    text,
    delete_reason text,
    delete_op     uuid
);
