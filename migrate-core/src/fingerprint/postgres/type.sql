-- Enums, domains, composite, range and base types.
SELECT t.kind, t.space, '', t.name, p.property, p.value
FROM type t
LEFT JOIN pg_range n ON n.rngtypid = t.oid
LEFT JOIN pg_type b ON b.oid = t.typbasetype,
LATERAL (VALUES
    ('', ''),
    ('labels', CASE t.typtype WHEN 'e' THEN coalesce((SELECT string_agg(quote_literal(enumlabel), ', '
        ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '') END),
    ('type', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END),
    ('collation', CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
        THEN t.typcollation::regcollation::text END),
    ('not null', CASE WHEN t.typtype = 'd' AND t.typnotnull THEN 'true' END),
    ('default', CASE t.typtype WHEN 'd' THEN pg_get_expr(t.typdefaultbin, 0) END),
    ('attributes', CASE t.typtype WHEN 'c' THEN coalesce((
        SELECT coalesce(min(CASE format_type(a.atttypid, NULL) WHEN '???' THEN '???' END),
            string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
            || CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END,
            E',\n' ORDER BY a.attnum))
        FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') END),
    ('subtype', format_type(n.rngsubtype, NULL)),
    ('subtype operators', (SELECT format('%I.%I', s.nspname, c.opcname) FROM pg_opclass c
        JOIN pg_namespace s ON s.oid = c.opcnamespace WHERE c.oid = n.rngsubopc)),
    ('subtype collation', nullif(n.rngcollation, 0)::regcollation::text),
    ('canonical', nullif(n.rngcanonical::oid, 0)::regproc::text),
    ('subtype difference', nullif(n.rngsubdiff::oid, 0)::regproc::text),
    ('multirange', format_type(n.rngmultitypid, NULL)),
    ('input', CASE WHEN t.typtype = 'b' THEN t.typinput::text END),
    ('output', CASE WHEN t.typtype = 'b' THEN t.typoutput::text END),
    ('length', CASE WHEN t.typtype = 'b' THEN t.typlen::text END),
    ('defined', CASE WHEN t.typtype = 'p' AND NOT t.typisdefined THEN 'false' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_type'::regclass AND objoid = t.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
UNION ALL
-- Constraints of domains.
SELECT 'constraint', t.space, t.name, c.conname::text, p.property, p.value
FROM type t
JOIN pg_constraint c ON c.contypid = t.oid AND c.contype = 'c',
LATERAL (SELECT coalesce(pg_get_constraintdef(c.oid), '???') AS text) AS definition,
LATERAL (VALUES
    ('of domain', 'true'),
    ('definition', regexp_replace(definition.text, ' NOT VALID$', '')),
    ('valid', CASE WHEN definition.text LIKE '% NOT VALID' THEN 'false' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_constraint'::regclass AND objoid = c.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
