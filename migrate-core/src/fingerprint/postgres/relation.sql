-- Tables, views, materialized views, foreign tables.
SELECT r.kind, r.space, '', r.name, p.property, p.value
FROM relation r
LEFT JOIN pg_tablespace s ON s.oid = r.reltablespace
LEFT JOIN pg_am m ON m.oid = r.relam
LEFT JOIN documented d ON d.whose = CASE r.relkind WHEN 'v' THEN 'view' ELSE m.amname::text END
LEFT JOIN pg_class toast ON toast.oid = r.reltoastrelid
JOIN documented of_toast ON of_toast.whose = 'toast'
LEFT JOIN pg_foreign_table f ON f.ftrelid = r.oid
LEFT JOIN pg_foreign_server v ON v.oid = f.ftserver,
LATERAL (VALUES
    ('', ''),
    ('columns', CASE WHEN r.is_table THEN (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped) END),
    ('definition', CASE WHEN r.relkind IN ('v', 'm') THEN coalesce(btrim(pg_get_viewdef(r.oid), E'; \n'), '???') END),
    ('populated', CASE WHEN r.relkind = 'm' AND NOT r.relispopulated THEN 'false' END),
    ('persistence', CASE r.relpersistence WHEN 'u' THEN 'unlogged' END),
    ('partition by', CASE WHEN r.relkind = 'p' THEN coalesce(pg_get_partkeydef(r.oid), '???') END),
    ('partition of', CASE WHEN r.relispartition THEN (
        SELECT coalesce(n.name || ' ' || pg_get_expr(r.relpartbound, r.oid), '???')
        FROM pg_inherits JOIN named n ON n.oid = inhparent WHERE inhrelid = r.oid) END),
    ('inherits', CASE WHEN NOT r.relispartition THEN (SELECT string_agg(n.name, ', ' ORDER BY inhseqno)
        FROM pg_inherits JOIN named n ON n.oid = inhparent WHERE inhrelid = r.oid) END),
    ('of type', CASE WHEN r.reloftype <> 0 THEN format_type(r.reloftype, NULL) END),
    ('options', (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM (
        SELECT o FROM unnest(r.reloptions) o
        WHERE r.relkind IN ('r', 'm', 'v') AND (d.names IS NULL OR split_part(o, '=', 1) = ANY (d.names))
        UNION ALL
        SELECT 'toast.' || o FROM unnest(toast.reloptions) o WHERE split_part(o, '=', 1) = ANY (of_toast.names)) AS option (o))),
    ('tablespace', s.spcname::text),
    ('access method', CASE WHEN m.amname <> 'heap' THEN m.amname::text END),
    ('row security', CASE WHEN r.relrowsecurity THEN 'enabled' END),
    ('force row security', CASE WHEN r.relforcerowsecurity THEN 'true' END),
    ('replica identity', CASE r.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN
        CASE WHEN r.relkind IN ('r', 'p') THEN 'nothing' END WHEN 'i' THEN 'index' END),
    ('server', quote_ident(v.srvname)),
    ('foreign options', (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(f.ftoptions) o)),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_class'::regclass AND objoid = r.oid AND objsubid = 0))
) p (property, value)
WHERE r.kind NOT IN ('', 'sequence') AND p.value IS NOT NULL
UNION ALL
-- Columns; for views only what their definition does not say.
SELECT 'column', r.space, r.name, a.attname::text, p.property, p.value
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
JOIN documented of_column ON of_column.whose = 'column'
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum,
LATERAL (VALUES
    ('type', CASE WHEN r.is_table THEN format_type(a.atttypid, a.atttypmod) END),
    ('collation', CASE WHEN r.is_table AND a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END),
    ('not null', CASE WHEN a.attnotnull THEN coalesce(
        -- PostgreSQL 18 has a constraint for each; only what cannot be said of the column alone is reported.
        (SELECT CASE WHEN NOT n.convalidated THEN 'not valid' WHEN n.connoinherit THEN 'no inherit' END
        FROM pg_constraint n WHERE n.conrelid = r.oid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum]), 'true') END),
    ('default', CASE WHEN a.atthasdef AND a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), '???') END),
    ('generated', CASE WHEN a.attgenerated <> '' THEN coalesce('(' || pg_get_expr(d.adbin, d.adrelid)
        || CASE a.attgenerated WHEN 's' THEN ') STORED' ELSE ') VIRTUAL' END, '???') END),
    ('identity', CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END),
    ('storage', CASE WHEN r.relkind <> 'v' AND a.attstorage <> t.typstorage THEN
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
    ('compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END),
    ('statistics', nullif(a.attstattarget, -1)::text),
    ('options', (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(a.attoptions) o
        WHERE split_part(o, '=', 1) = ANY (of_column.names))),
    ('foreign options', (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(a.attfdwoptions) o)),
    ('inherited', CASE WHEN r.is_table AND NOT a.attislocal AND NOT r.relispartition THEN 'true' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_class'::regclass AND objoid = r.oid AND objsubid = a.attnum))
) p (property, value)
WHERE (r.is_table OR r.relkind IN ('v', 'm')) AND p.value IS NOT NULL
UNION ALL
-- Constraints of tables, each with the index that it is made of.
SELECT 'constraint', r.space, r.name, c.conname::text, p.property, p.value
FROM relation r
JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype IN ('p', 'u', 'c', 'x', 'f')
LEFT JOIN pg_index x ON x.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_am m ON m.oid = i.relam
LEFT JOIN documented d ON d.whose = m.amname::text
LEFT JOIN redefined e ON e.index = i.oid
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace,
LATERAL (SELECT coalesce(e.text, pg_get_constraintdef(c.oid), '???') AS text) AS definition,
LATERAL (VALUES
    ('definition', regexp_replace(definition.text, ' NOT VALID$', '')),
    ('valid', CASE WHEN definition.text LIKE '% NOT VALID' OR NOT x.indisvalid THEN 'false' END),
    ('inherited', CASE WHEN NOT c.conislocal THEN 'true' END),
    ('options', (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(i.reloptions) o
        WHERE d.names IS NULL OR split_part(o, '=', 1) = ANY (d.names))),
    ('tablespace', s.spcname::text),
    ('clustered', CASE WHEN x.indisclustered THEN 'true' END),
    ('replica identity', CASE WHEN x.indisreplident THEN 'true' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_constraint'::regclass AND objoid = c.oid AND objsubid = 0)),
    ('index comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_class'::regclass AND objoid = i.oid AND objsubid = 0))
) p (property, value)
-- A foreign key to a partitioned table has one more for each partition.
WHERE NOT EXISTS (SELECT FROM pg_constraint o WHERE o.oid = c.conparentid AND o.conrelid = c.conrelid)
    AND p.value IS NOT NULL
UNION ALL
-- Indexes that do not belong to a constraint.
SELECT 'index', r.space, r.name, i.name, p.property, p.value
FROM pg_index x
JOIN relation i ON i.oid = x.indexrelid
JOIN relation r ON r.oid = x.indrelid
LEFT JOIN redefined e ON e.index = i.oid
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace,
LATERAL (VALUES
    ('definition', coalesce(e.text, pg_get_indexdef(i.oid), '???')),
    ('valid', CASE WHEN NOT x.indisvalid THEN 'false' END),
    ('attached to', (SELECT n.name FROM pg_inherits JOIN named n ON n.oid = inhparent WHERE inhrelid = i.oid)),
    ('tablespace', s.spcname::text),
    ('clustered', CASE WHEN x.indisclustered THEN 'true' END),
    ('replica identity', CASE WHEN x.indisreplident THEN 'true' END),
    ('statistics', (SELECT string_agg(format('%s: %s', attnum, attstattarget), ', ' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = i.oid AND attnum > 0 AND attstattarget >= 0)),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_class'::regclass AND objoid = i.oid AND objsubid = 0))
) p (property, value)
WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u', 'x'))
    AND p.value IS NOT NULL
UNION ALL
-- Sequences, those of identity columns too.
SELECT 'sequence', r.space, '', r.name, p.property, p.value
FROM relation r
JOIN pg_sequence q ON q.seqrelid = r.oid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
LEFT JOIN named o ON o.oid = d.refobjid,
LATERAL (VALUES
    ('type', format_type(q.seqtypid, NULL)),
    ('start', q.seqstart::text),
    ('increment', q.seqincrement::text),
    ('minimum', q.seqmin::text),
    ('maximum', q.seqmax::text),
    ('cache', q.seqcache::text),
    ('cycle', CASE WHEN q.seqcycle THEN 'true' END),
    ('persistence', CASE r.relpersistence WHEN 'u' THEN 'unlogged' END),
    ('owned by', CASE d.deptype WHEN 'a' THEN format('%s.%I', o.name, a.attname) END),
    ('identity of', CASE d.deptype WHEN 'i' THEN format('%s.%I', o.name, a.attname) END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_class'::regclass AND objoid = r.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
UNION ALL
-- Triggers. Those that a partition has from its table are reported if they are not enabled as the table's are.
SELECT 'trigger', r.space, r.name, t.tgname::text, p.property, p.value
FROM pg_trigger t
JOIN relation r ON r.oid = t.tgrelid
LEFT JOIN pg_trigger o ON o.oid = t.tgparentid,
LATERAL (VALUES
    ('definition', coalesce(pg_get_triggerdef(t.oid), '???')),
    ('enabled', CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END),
    ('inherited', CASE WHEN o.oid IS NOT NULL THEN 'true' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_trigger'::regclass AND objoid = t.oid AND objsubid = 0))
) p (property, value)
WHERE CASE WHEN o.oid IS NULL THEN NOT t.tgisinternal ELSE NOT o.tgisinternal AND o.tgenabled <> t.tgenabled END
    AND p.value IS NOT NULL
UNION ALL
-- Rules, except those that make a view of a table.
SELECT 'rule', r.space, r.name, w.rulename::text, p.property, p.value
FROM pg_rewrite w
JOIN relation r ON r.oid = w.ev_class,
LATERAL (VALUES
    ('definition', coalesce(pg_get_ruledef(w.oid), '???')),
    ('enabled', CASE w.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_rewrite'::regclass AND objoid = w.oid AND objsubid = 0))
) p (property, value)
WHERE w.rulename <> '_RETURN' AND p.value IS NOT NULL
UNION ALL
-- Policies of row-level security.
SELECT 'policy', r.space, r.name, y.polname::text, p.property, p.value
FROM pg_policy y
JOIN relation r ON r.oid = y.polrelid,
LATERAL (VALUES
    ('', ''),
    ('restrictive', CASE WHEN NOT y.polpermissive THEN 'true' END),
    ('command', CASE y.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
        WHEN 'd' THEN 'DELETE' END),
    ('roles', CASE WHEN y.polroles <> '{0}' THEN (SELECT string_agg(quote_ident(pg_get_userbyid(role)::text), ', '
        ORDER BY pg_get_userbyid(role)) FROM unnest(y.polroles) role) END),
    ('using', CASE WHEN y.polqual IS NOT NULL THEN coalesce(pg_get_expr(y.polqual, y.polrelid), '???') END),
    ('check', CASE WHEN y.polwithcheck IS NOT NULL THEN coalesce(pg_get_expr(y.polwithcheck, y.polrelid), '???') END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_policy'::regclass AND objoid = y.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
UNION ALL
-- Extended statistics.
SELECT 'statistics', s.name, r.name, x.stxname::text, p.property, p.value
FROM pg_statistic_ext x
JOIN relation r ON r.oid = x.stxrelid
JOIN space s ON s.oid = x.stxnamespace,
LATERAL (VALUES
    ('definition', coalesce(pg_get_statisticsobjdef(x.oid), '???')),
    ('target', nullif(x.stxstattarget, -1)::text),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_statistic_ext'::regclass AND objoid = x.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
