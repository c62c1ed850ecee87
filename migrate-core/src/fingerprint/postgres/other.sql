-- Schemas. A schema that holds the history and nothing else came with the history.
SELECT 'schema', '', '', s.name, p.property, p.value
FROM space s,
LATERAL (VALUES
    ('', ''),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_namespace'::regclass AND objoid = s.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_namespace'::regclass AND objid = s.oid)
    AND (s.name = 'public' OR NOT EXISTS (SELECT FROM history WHERE relnamespace = s.oid)
        OR EXISTS (SELECT FROM relation WHERE relnamespace = s.oid)
        OR EXISTS (SELECT FROM type WHERE typnamespace = s.oid)
        OR EXISTS (SELECT FROM routine WHERE pronamespace = s.oid))
UNION ALL
-- Extensions.
SELECT 'extension', '', '', x.extname::text, p.property, p.value
FROM pg_extension x,
LATERAL (VALUES
    ('schema', (SELECT quote_ident(nspname) FROM pg_namespace WHERE oid = x.extnamespace)),
    ('version', x.extversion),
    -- An extension brings a comment, so only another one is reported. That of plpgsql is in every database.
    ('comment', (SELECT d.description FROM pg_description d
        WHERE d.classoid = 'pg_extension'::regclass AND d.objoid = x.oid AND x.extname <> 'plpgsql' AND d.description
            IS DISTINCT FROM (SELECT a.comment FROM pg_available_extensions() a WHERE a.name = x.extname)))
) p (property, value)
WHERE p.value IS NOT NULL
UNION ALL
-- Privileges of every kind of object, a property for each role.
SELECT kind, space, parent, name, 'grants to ' || role, coalesce(actual, 'nothing')
FROM grants WHERE usual IS DISTINCT FROM actual
UNION ALL
-- Collations.
SELECT 'collation', s.name, '', c.collname::text, p.property, p.value
FROM pg_collation c
JOIN space s ON s.oid = c.collnamespace,
LATERAL (SELECT to_jsonb(c) AS row) AS every,
LATERAL (VALUES
    ('provider', CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'
        ELSE c.collprovider::text END),
    -- The column that holds the locale has had three names.
    ('locale', coalesce(every.row->>'colllocale', every.row->>'colliculocale', every.row->>'collcollate')),
    ('character type', every.row->>'collctype'),
    ('rules', every.row->>'collicurules'),
    ('deterministic', CASE WHEN NOT c.collisdeterministic THEN 'false' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_collation'::regclass AND objoid = c.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_collation'::regclass AND objid = c.oid)
UNION ALL
-- Operators.
SELECT 'operator', s.name, '', format('%s (%s, %s)', o.oprname,
    CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END, format_type(o.oprright, NULL)),
    p.property, p.value
FROM pg_operator o
JOIN space s ON s.oid = o.oprnamespace,
LATERAL (VALUES
    ('function', o.oprcode::text),
    ('commutator', nullif(o.oprcom::oid, 0)::regoperator::text),
    ('negator', nullif(o.oprnegate::oid, 0)::regoperator::text),
    ('restrict', nullif(o.oprrest::oid, 0)::regproc::text),
    ('join', nullif(o.oprjoin::oid, 0)::regproc::text),
    ('hashes', CASE WHEN o.oprcanhash THEN 'true' END),
    ('merges', CASE WHEN o.oprcanmerge THEN 'true' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_operator'::regclass AND objoid = o.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_operator'::regclass AND objid = o.oid)
UNION ALL
-- Casts. The system's own have the numbers below 16384.
SELECT 'cast', '', '', format('%s AS %s', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)),
    p.property, p.value
FROM pg_cast c,
LATERAL (VALUES
    ('', ''),
    ('function', nullif(c.castfunc, 0)::regprocedure::text),
    ('method', CASE c.castmethod WHEN 'i' THEN 'in and out' WHEN 'b' THEN 'binary' END),
    ('context', CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_cast'::regclass AND objoid = c.oid AND objsubid = 0))
) p (property, value)
WHERE c.oid >= 16384 AND p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_cast'::regclass AND objid = c.oid)
    -- A range type brings the cast to its multirange.
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')
UNION ALL
-- Text search.
SELECT 'text-search-dictionary', s.name, '', d.dictname::text, p.property, p.value
FROM pg_ts_dict d
JOIN space s ON s.oid = d.dictnamespace,
LATERAL (VALUES
    ('template', (SELECT format('%I.%I', n.nspname, t.tmplname) FROM pg_ts_template t
        JOIN pg_namespace n ON n.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate)),
    ('options', d.dictinitoption),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_ts_dict'::regclass AND objoid = d.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_ts_dict'::regclass AND objid = d.oid)
UNION ALL
SELECT 'text-search-configuration', s.name, '', c.cfgname::text, p.property, p.value
FROM pg_ts_config c
JOIN space s ON s.oid = c.cfgnamespace,
LATERAL (VALUES
    ('parser', (SELECT format('%I.%I', n.nspname, r.prsname) FROM pg_ts_parser r
        JOIN pg_namespace n ON n.oid = r.prsnamespace WHERE r.oid = c.cfgparser)),
    ('mappings', (SELECT string_agg(format('%s: %s', token, dictionaries), E'\n' ORDER BY token COLLATE "C") FROM (
        SELECT t.alias AS token, string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS dictionaries
        FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
        WHERE m.mapcfg = c.oid GROUP BY 1) mapping)),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_ts_config'::regclass AND objoid = c.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_ts_config'::regclass AND objid = c.oid)
UNION ALL
-- Foreign data. The options of user mappings are left out: they hold passwords.
SELECT 'foreign-data-wrapper', '', '', w.fdwname::text, p.property, p.value
FROM pg_foreign_data_wrapper w,
LATERAL (VALUES
    ('', ''),
    ('handler', nullif(w.fdwhandler, 0)::regproc::text),
    ('validator', nullif(w.fdwvalidator, 0)::regproc::text),
    ('options', (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(w.fdwoptions) o)),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_foreign_data_wrapper'::regclass AND objoid = w.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_foreign_data_wrapper'::regclass AND objid = w.oid)
UNION ALL
SELECT 'foreign-server', '', '', v.srvname::text, p.property, p.value
FROM pg_foreign_server v,
LATERAL (VALUES
    ('wrapper', (SELECT quote_ident(fdwname) FROM pg_foreign_data_wrapper WHERE oid = v.srvfdw)),
    ('type', v.srvtype),
    ('version', v.srvversion),
    ('options', (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(v.srvoptions) o)),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_foreign_server'::regclass AND objoid = v.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_foreign_server'::regclass AND objid = v.oid)
UNION ALL
-- Event triggers.
SELECT 'event-trigger', '', '', e.evtname::text, p.property, p.value
FROM pg_event_trigger e,
LATERAL (VALUES
    ('event', e.evtevent::text),
    ('function', e.evtfoid::regproc::text),
    ('tags', (SELECT string_agg(quote_literal(tag), ', ' ORDER BY tag COLLATE "C") FROM unnest(e.evttags) tag)),
    ('enabled', CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_event_trigger'::regclass AND objoid = e.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_event_trigger'::regclass AND objid = e.oid)
UNION ALL
-- Publications. Their schemas, columns and conditions came with PostgreSQL 15.
SELECT 'publication', '', '', b.pubname::text, p.property, p.value
FROM pg_publication b,
LATERAL (VALUES
    ('publish', concat_ws(', ', CASE WHEN b.pubinsert THEN 'insert' END, CASE WHEN b.pubupdate THEN 'update' END,
        CASE WHEN b.pubdelete THEN 'delete' END, CASE WHEN b.pubtruncate THEN 'truncate' END)),
    ('all tables', CASE WHEN b.puballtables THEN 'true' END),
    ('through root', CASE WHEN b.pubviaroot THEN 'true' END),
    ('generated columns', nullif(to_jsonb(b)->>'pubgencols', 'n')),
    ('tables', (SELECT string_agg(r.name || coalesce((SELECT ' (' || string_agg(quote_ident(attname),
            ', ' ORDER BY attnum) || ')' FROM pg_attribute WHERE attrelid = t.prrelid AND (to_jsonb(t)->'prattrs') @>
            to_jsonb(attnum)), '')
            || coalesce((SELECT ' WHERE ' || (to_jsonb(v)->>'rowfilter') FROM pg_publication_tables v
                WHERE v.pubname = b.pubname AND to_regclass(format('%I.%I', v.schemaname, v.tablename)) = t.prrelid), ''),
            E'\n' ORDER BY r.name COLLATE "C")
        FROM pg_publication_rel t JOIN named r ON r.oid = t.prrelid WHERE t.prpubid = b.oid)),
    -- Their table is not there before: only a query in a string may name it.
    ('schemas', CASE WHEN to_regclass('pg_catalog.pg_publication_namespace') IS NOT NULL THEN nullif(convert_from(decode(
        substring(query_to_xml(format('SELECT encode(convert_to(string_agg(quote_ident(nspname), $$, $$ ORDER BY
            nspname), $$UTF8$$), $$hex$$) AS names FROM pg_catalog.pg_publication_namespace p
            JOIN pg_catalog.pg_namespace n ON n.oid = p.pnnspid WHERE p.pnpubid = %s', b.oid), true, true, '')::text
            FROM '<names>([0-9a-f]*)</names>'), 'hex'), 'UTF8'), '') END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_publication'::regclass AND objoid = b.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_publication'::regclass AND objid = b.oid)
