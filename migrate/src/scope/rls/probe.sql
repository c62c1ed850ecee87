-- The tables with the tenant column that the role reaches: schema, name, as SQL writes it, whether it may read
-- them, and its columns to be filled for an attempt to write, or NULL if none can be made.
-- $1 is the name of the tenant column.
SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname),
    has_any_column_privilege(c.oid, 'SELECT'),
    -- A partitioned table would have to find the partition of the row first.
    CASE WHEN c.relkind = 'r' AND has_column_privilege(c.oid, tenant.attnum, 'INSERT') THEN (
        -- All of them, because a default would count its sequence up; a domain might refuse NULL on its own.
        SELECT coalesce(array_agg(quote_ident(a.attname) ORDER BY a.attnum), '{}')
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attnum <> tenant.attnum AND NOT a.attisdropped
            AND a.attgenerated = '' AND t.typtype <> 'd' AND has_column_privilege(c.oid, a.attnum, 'INSERT')
    ) END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute tenant ON tenant.attrelid = c.oid AND tenant.attname = $1 AND NOT tenant.attisdropped
WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege(c.oid, 'DELETE, TRUNCATE'))
ORDER BY 3
