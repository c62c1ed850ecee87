-- Older binaries do not use this table, so they may keep running while we roll out.
-- migrate: older-binaries ok

CREATE TABLE loyalty_programs (
    id              INTEGER PRIMARY KEY,
    business_id     TEXT NOT NULL REFERENCES tenants,
    name            TEXT NOT NULL,
    points_per_euro INTEGER NOT NULL DEFAULT 1,
    UNIQUE (business_id, name),
    -- Lets a customer refer to a program of its own tenant, and to no other.
    UNIQUE (business_id, id)
) STRICT;
