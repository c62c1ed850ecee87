CREATE TABLE tenants (
    business_id text PRIMARY KEY,
    name text NOT NULL
);
