-- A tenant is one business that uses the product. Every other table names its tenant in `business_id`.
CREATE TABLE tenants (
    business_id TEXT PRIMARY KEY,
    name        TEXT NOT NULL
) STRICT;
