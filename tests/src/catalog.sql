-- The schema of a database as lines, in the words of migrate_core::inspect::schema.
WITH relation AS (
    SELECT c.*, format('%s.%s', n.nspname, c.relname) AS path
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_t%'
      AND c.relname NOT LIKE 'migrate\_%'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), types AS (
    SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, t.typndims, t.typnotnull,
           coalesce(e.typname, t.typname) AS base,
           CASE WHEN n.nspname = 'pg_catalog' OR d.objid IS NOT NULL THEN '' ELSE n.nspname || '.' END
               || coalesce(e.typname, t.typname) AS path
    FROM pg_type t
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    JOIN pg_namespace n ON n.oid = coalesce(e.typnamespace, t.typnamespace)
    LEFT JOIN pg_depend d
        ON d.classid = 'pg_type'::regclass AND d.objid = coalesce(e.oid, t.oid) AND d.deptype = 'e'
), attribute AS (
    SELECT a.*, t.path || CASE
               WHEN a.atttypmod < 0 OR t.base = 'interval' THEN ''
               WHEN t.base IN ('varchar', 'bpchar') THEN format('(%s)', a.atttypmod - 4)
               WHEN t.base = 'numeric'
                   THEN format('(%s,%s)', ((a.atttypmod - 4) >> 16) & 65535, (a.atttypmod - 4) & 2047)
               ELSE format('(%s)', a.atttypmod)
           END || repeat('[]', a.attndims) AS type
    FROM pg_attribute a JOIN types t ON t.oid = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped
)
SELECT 'table ' || r.path
    || CASE WHEN r.relpersistence = 'u' THEN ' unlogged' ELSE '' END
    || CASE WHEN r.relkind = 'p' THEN ' partitioned' ELSE '' END
    || coalesce((SELECT ' partition of ' || p.path
            || CASE WHEN pg_get_expr(r.relpartbound, r.oid) = 'DEFAULT' THEN ' default' ELSE '' END
        FROM pg_inherits i JOIN relation p ON p.oid = i.inhparent
        WHERE i.inhrelid = r.oid AND r.relispartition), '')
    || CASE WHEN r.relrowsecurity THEN ' row security' ELSE '' END
    || CASE WHEN r.relforcerowsecurity THEN ' forced' ELSE '' END AS line
FROM relation r WHERE r.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'column ' || r.path || '.' || a.attname || ' ' || a.type
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || CASE WHEN a.atthasdef AND a.attgenerated = '' THEN ' default' ELSE '' END
    || CASE a.attgenerated WHEN 's' THEN ' stored' WHEN 'v' THEN ' virtual' ELSE '' END
    || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
FROM relation r JOIN attribute a ON a.attrelid = r.oid WHERE r.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT format('constraint %s %s ', r.path, c.conname) || CASE c.contype
        WHEN 'p' THEN 'primary key (' || keys.columns || ')'
        WHEN 'u' THEN 'unique (' || keys.columns || ')'
        WHEN 'c' THEN 'check (' || coalesce(keys.sorted, '') || ')'
        WHEN 'x' THEN 'exclude'
        WHEN 'f' THEN format('foreign key (%s) references %s (%s)%s', keys.columns, f.path, referenced.columns,
            CASE WHEN c.confdeltype = 'c' THEN ' on delete cascade' ELSE '' END)
    END || CASE WHEN NOT c.convalidated THEN ' not valid' ELSE '' END
FROM pg_constraint c
JOIN relation r ON r.oid = c.conrelid
LEFT JOIN relation f ON f.oid = c.confrelid
LEFT JOIN LATERAL (
    SELECT string_agg(a.attname, ', ' ORDER BY k.place) AS columns,
           string_agg(a.attname, ', ' ORDER BY a.attname COLLATE "C") AS sorted
    FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
) keys ON true
LEFT JOIN LATERAL (
    SELECT string_agg(a.attname, ', ' ORDER BY k.place) AS columns
    FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
    JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number
) referenced ON true
WHERE c.contype IN ('p', 'u', 'c', 'x', 'f')
  -- Of a foreign key to a partitioned table there is one more for each partition.
  AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = c.conparentid AND p.conrelid = c.conrelid)
UNION ALL
SELECT format('index %s on %s', i.path, r.path)
    || CASE WHEN x.indisunique THEN ' unique' ELSE '' END
    || ' (' || keys.columns || ')'
    || coalesce(' include (' || included.columns || ')', '')
    || CASE WHEN x.indpred IS NOT NULL AND NOT x.indisexclusion THEN ' partial' ELSE '' END
    || CASE WHEN EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x'))
        THEN ' of constraint' ELSE '' END
    || CASE WHEN NOT x.indisvalid THEN ' invalid' ELSE '' END
FROM pg_index x
JOIN relation i ON i.oid = x.indexrelid
JOIN relation r ON r.oid = x.indrelid
LEFT JOIN LATERAL (
    SELECT string_agg(coalesce(a.attname, 'expression'), ', ' ORDER BY k.place) AS columns
    FROM unnest(x.indkey) WITH ORDINALITY k (number, place)
    LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0
    WHERE k.place <= x.indnkeyatts
) keys ON true
LEFT JOIN LATERAL (
    SELECT string_agg(a.attname, ', ' ORDER BY k.place) AS columns
    FROM unnest(x.indkey) WITH ORDINALITY k (number, place)
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
    WHERE k.place > x.indnkeyatts
) included ON true
UNION ALL
SELECT 'view ' || r.path || CASE WHEN r.relkind = 'm' THEN ' materialized' ELSE '' END
FROM relation r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT 'sequence ' || r.path || coalesce((
        SELECT format(' of %s.%s', t.path, a.attname)
        FROM pg_depend d
        JOIN relation t ON t.oid = d.refobjid
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
          AND d.deptype IN ('a', 'i')), '')
FROM relation r WHERE r.relkind = 'S'
UNION ALL
SELECT format('trigger %s %s', r.path, t.tgname)
FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid
WHERE NOT t.tgisinternal AND r.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT format('policy %s %s', r.path, p.polname) FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
UNION ALL
SELECT format('enum %s (%s)', t.path, (
        SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumlabel COLLATE "C") FROM pg_enum e WHERE e.enumtypid = t.oid))
FROM types t WHERE t.typtype = 'e' AND t.path LIKE '%.%'
UNION ALL
SELECT format('domain %s %s', t.path, b.path)
    || CASE WHEN t.typnotnull OR EXISTS (SELECT FROM pg_constraint c WHERE c.contypid = t.oid)
        THEN ' constrained' ELSE '' END
FROM types t JOIN types b ON b.oid = t.typbasetype
WHERE t.typtype = 'd' AND t.path LIKE '%.%' AND t.path NOT LIKE 'information_schema.%'
