-- Every reason why row-level security does not hold for the role that asks: reason, object, detail.
-- $1 is the name of the tenant column, $2 the setting, $3 the predicates that hold a row to the tenant, $4 the tables
-- that all tenants share. The search_path has to be pg_catalog, pg_temp: then each name in a predicate shows its schema,
-- unless it is PostgreSQL's own.
WITH RECURSIVE
me AS (
    SELECT oid, rolname, rolsuper, rolbypassrls, rolreplication, rolcreaterole
    FROM pg_catalog.pg_roles WHERE rolname = current_user
),
-- The role, and the roles that it can become, including the session's user: `RESET ROLE` is always allowed. A role that no
-- policy binds is a hole by itself.
becomes AS (
    SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r
    WHERE NOT r.rolsuper AND NOT r.rolbypassrls
        AND (pg_has_role(current_user, r.oid, 'MEMBER')
            OR r.rolname = session_user
            OR (NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)
                AND pg_has_role(session_user, r.oid, 'MEMBER')))
),
schemas AS (
    SELECT n.oid, n.nspname, EXISTS (SELECT FROM becomes b WHERE has_schema_privilege(b.oid, n.oid, 'USAGE')) AS usable
    FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
),
-- Tables of the application, reachable or not. The tenant is NULL where there is no such column.
relations AS (
    SELECT c.oid, c.relkind, c.relowner, c.relnamespace, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
        EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid) AS is_child,
        a.attnum AS tenant, a.attnotnull AS required, a.attcollation AS collation,
        format('%I.%I', n.nspname, c.relname) AS called,
        n.usable AND EXISTS (SELECT FROM becomes b
            WHERE has_any_column_privilege(b.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
                OR has_table_privilege(b.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER')) AS reachable
    FROM pg_catalog.pg_class c
    JOIN schemas n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = $1 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'f')
),
tables AS (SELECT * FROM relations WHERE tenant IS NOT NULL),
ours AS (SELECT * FROM tables WHERE reachable),
-- Tables that a query of a table reads as well, with the policies of that table alone.
ancestors AS (
    SELECT t.oid AS child, i.inhparent AS parent
    FROM tables t JOIN pg_catalog.pg_inherits i ON i.inhrelid = t.oid
    UNION
    SELECT a.child, i.inhparent FROM ancestors a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.parent
),
-- For a superuser or a BYPASSRLS role this is reported alone: nothing else matters then.
role_holes AS (
    SELECT 'superuser' AS reason, rolname::text AS object, '' AS detail FROM me WHERE rolsuper
    UNION ALL
    SELECT 'bypasses_rls', rolname, '' FROM me WHERE rolbypassrls AND NOT rolsuper
    UNION ALL
    SELECT 'may_become', r.rolname, me.rolname
    FROM me, pg_catalog.pg_roles r
    WHERE NOT me.rolsuper AND NOT me.rolbypassrls AND r.oid <> me.oid
        AND (r.rolsuper OR r.rolbypassrls OR r.rolreplication OR r.rolcreaterole
            OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
        AND (pg_has_role(current_user, r.oid, 'MEMBER')
            OR r.rolname = session_user
            OR (NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)
                AND pg_has_role(session_user, r.oid, 'MEMBER')))
),
shapes AS (
    SELECT replace(replace(shape, '{column}', quote_ident($1)), '{setting}', quote_literal($2)) AS predicate
    FROM unnest($3::text[]) AS shape
),
policies AS (
    SELECT p.polrelid, p.polname, p.polcmd, p.polpermissive, p.qual, p.with_check,
        coalesce(p.qual IN (SELECT predicate FROM shapes), false) AS reads_own,
        coalesce(coalesce(p.with_check, p.qual) IN (SELECT predicate FROM shapes), false) AS writes_own,
        EXISTS (SELECT FROM becomes b WHERE p.of_all OR EXISTS (SELECT FROM unnest(p.polroles) AS role
            WHERE pg_has_role(b.oid, role, 'USAGE'))) AS applies,
        p.of_all OR NOT EXISTS (SELECT FROM becomes b WHERE NOT EXISTS (SELECT FROM unnest(p.polroles) AS role
            WHERE pg_has_role(b.oid, role, 'USAGE'))) AS binds
    FROM (SELECT *, 0 = ANY (polroles) AS of_all, pg_get_expr(polqual, polrelid) AS qual,
        pg_get_expr(polwithcheck, polrelid) AS with_check FROM pg_catalog.pg_policy) AS p
),
-- Commands that a permissive policy allows and no restrictive one narrows to the tenant.
open_commands AS (
    SELECT o.oid, o.called, string_agg(c.name, ', ' ORDER BY c.place) AS names
    FROM ours o
    CROSS JOIN (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE'))
        AS c(place, letter, name)
    WHERE o.enabled
        AND EXISTS (SELECT FROM policies p
            WHERE p.polrelid = o.oid AND p.applies AND p.polpermissive AND p.polcmd::text IN (c.letter, '*'))
        AND NOT EXISTS (SELECT FROM policies p
            WHERE p.polrelid = o.oid AND p.binds AND NOT p.polpermissive AND p.polcmd::text IN (c.letter, '*')
                AND (p.reads_own OR c.letter = 'a') AND (p.writes_own OR c.letter IN ('r', 'd')))
    GROUP BY o.oid, o.called
),
-- Views and materialized views, and with whose rights they read.
views AS (
    SELECT c.oid, c.relkind, c.relowner, format('%I.%I', n.nspname, c.relname) AS called,
        coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
            WHERE option_name = 'security_invoker'), false) AS as_invoker,
        coalesce(s.usable, false) AND EXISTS (SELECT FROM becomes b
            WHERE has_any_column_privilege(b.oid, c.oid, 'SELECT, INSERT, UPDATE')
                OR has_table_privilege(b.oid, c.oid, 'DELETE')) AS reachable
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN schemas s ON s.oid = n.oid
    WHERE c.relkind IN ('v', 'm')
),
reads AS (
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS relation
    FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class
    JOIN views ON views.oid = r.ev_class
),
-- From each view that we reach down to the tables: with whose rights, and out of which stored copy.
walk AS (
    SELECT v.oid AS top, v.oid AS relation, CASE WHEN v.as_invoker THEN me.oid ELSE v.relowner END AS acts_as,
        CASE WHEN v.relkind = 'm' THEN v.oid END AS copy
    FROM views v, me WHERE v.reachable
    UNION
    SELECT w.top, r.relation, CASE WHEN v.as_invoker IS FALSE THEN v.relowner ELSE w.acts_as END,
        CASE WHEN w.copy IS NULL AND v.relkind = 'm' THEN v.oid ELSE w.copy END
    FROM walk w JOIN reads r ON r.view = w.relation LEFT JOIN views v ON v.oid = r.relation
),
holes AS (
    SELECT 'row_security_off' AS reason, 'row_security' AS object, '' AS detail
    WHERE current_setting('row_security') = 'off'
    UNION ALL
    SELECT 'nothing_to_protect', $1, '' WHERE NOT EXISTS (SELECT FROM ours)
    UNION ALL
    SELECT 'replicates', rolname, '' FROM me WHERE rolreplication
    UNION ALL
    SELECT 'creates_roles', rolname, '' FROM me WHERE rolcreaterole
    UNION ALL
    SELECT 'tenant_preset', $2, 'in the session' WHERE current_setting($2, true) <> ''
    UNION ALL
    SELECT 'tenant_preset', $2,
        concat_ws(' and ', 'of the role ' || quote_ident(b.rolname), 'of the database ' || quote_ident(d.datname))
    FROM pg_catalog.pg_db_role_setting s
    LEFT JOIN becomes b ON b.oid = s.setrole
    LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
    WHERE (s.setrole = 0 OR b.oid IS NOT NULL) AND (s.setdatabase = 0 OR d.datname = current_database())
        AND EXISTS (SELECT FROM unnest(s.setconfig) AS c WHERE lower(split_part(c, '=', 1)) = lower($2))
    UNION ALL
    SELECT 'temporary_granted', format('%I', current_database()), string_agg(rolname, ', ' ORDER BY rolname)
    FROM becomes WHERE has_database_privilege(oid, current_database(), 'TEMPORARY') HAVING count(*) > 0
    UNION ALL
    SELECT 'create_granted', format('DATABASE %I', current_database()), string_agg(rolname, ', ' ORDER BY rolname)
    FROM becomes WHERE has_database_privilege(oid, current_database(), 'CREATE') HAVING count(*) > 0
    UNION ALL
    SELECT 'create_granted', format('SCHEMA %I', n.nspname), string_agg(b.rolname, ', ' ORDER BY b.rolname)
    FROM schemas n JOIN becomes b ON has_schema_privilege(b.oid, n.oid, 'CREATE') GROUP BY n.nspname
    UNION ALL
    SELECT CASE WHEN relkind = 'f' THEN 'foreign_table' WHEN is_child THEN 'bare_partition' ELSE 'not_enabled' END,
        called, '' FROM ours WHERE NOT enabled
    UNION ALL
    SELECT CASE WHEN forced THEN 'owned' ELSE 'not_forced' END, called, pg_get_userbyid(relowner) FROM ours
    WHERE enabled AND relowner IN (SELECT oid FROM becomes)
    UNION ALL
    SELECT 'permissive_only', o.called, o.names || (SELECT string_agg(format(E'\n  policy %I: %s%s%s', p.polname,
            CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
            ' using ' || p.qual, ' with check ' || p.with_check), '' ORDER BY p.polname)
        FROM policies p WHERE p.polrelid = o.oid)
    FROM open_commands o
    UNION ALL
    -- The history of the migrations too: a role that serves tenants needs no privilege on it.
    SELECT 'without_tenant', r.called, '' FROM relations r
    WHERE r.tenant IS NULL AND r.reachable AND r.oid <> ALL ($4::oid[])
        AND (r.relnamespace IN (SELECT relnamespace FROM ours) OR r.oid IN (SELECT parent FROM ancestors))
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'loose_tenant', o.called, format('%I', c.collname)
    FROM ours o JOIN pg_catalog.pg_collation c ON c.oid = o.collation WHERE NOT c.collisdeterministic
    UNION ALL
    SELECT 'truncate_granted', o.called, b.rolname FROM ours o JOIN becomes b ON has_table_privilege(b.oid, o.oid, 'TRUNCATE')
    WHERE o.relkind <> 'f'
    UNION ALL
    SELECT 'definition_granted', o.called, p.name || ',' || b.rolname
    FROM ours o
    CROSS JOIN becomes b
    JOIN (VALUES ('REFERENCES'), ('TRIGGER')) AS p(name)
        ON has_table_privilege(b.oid, o.oid, p.name) OR p.name = 'REFERENCES' AND has_any_column_privilege(b.oid, o.oid, p.name)
    WHERE o.relowner NOT IN (SELECT oid FROM becomes)
    UNION ALL
    SELECT 'grant_option', o.called, b.rolname
    FROM ours o
    JOIN becomes b ON has_any_column_privilege(b.oid, o.oid,
            'SELECT WITH GRANT OPTION, INSERT WITH GRANT OPTION, UPDATE WITH GRANT OPTION')
        OR has_table_privilege(b.oid, o.oid, 'DELETE WITH GRANT OPTION')
    WHERE o.relowner NOT IN (SELECT oid FROM becomes)
    UNION ALL
    SELECT 'sequence_granted', format('%I.%I', n.nspname, c.relname), b.rolname
    FROM pg_catalog.pg_class c
    JOIN schemas n ON n.oid = c.relnamespace AND n.usable
    JOIN becomes b ON has_sequence_privilege(b.oid, c.oid, 'UPDATE')
    WHERE c.relkind = 'S' AND c.relowner NOT IN (SELECT oid FROM becomes) AND n.oid IN (SELECT relnamespace FROM ours)
    UNION ALL
    -- The most common values of all tenants. The views over them keep to the policies.
    SELECT 'statistics_granted', format('%s', c.oid::regclass), b.rolname
    FROM pg_catalog.pg_class c JOIN becomes b ON has_any_column_privilege(b.oid, c.oid, 'SELECT')
    WHERE c.oid IN ('pg_catalog.pg_statistic'::regclass, 'pg_catalog.pg_statistic_ext_data'::regclass)
    UNION ALL
    SELECT 'large_objects', 'pg_largeobject', count(*)::text
    FROM pg_catalog.pg_largeobject_metadata m
    WHERE m.lomowner IN (SELECT oid FROM becomes)
        OR EXISTS (SELECT FROM aclexplode(m.lomacl) AS acl JOIN becomes b
            ON acl.grantee = 0 OR pg_has_role(b.oid, acl.grantee, 'USAGE'))
        OR current_setting('lo_compat_privileges')::boolean
    HAVING count(*) > 0
    UNION ALL
    -- A rule acts with the rights of its table's owner. Each depends on its own table.
    SELECT DISTINCT 'definer_rule', o.called, format('%I', w.rulename)
    FROM pg_catalog.pg_rewrite w
    JOIN relations o ON o.oid = w.ev_class AND o.reachable
    JOIN pg_catalog.pg_roles r ON r.oid = o.relowner
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass
    JOIN tables t ON t.oid = d.refobjid
    WHERE r.rolsuper OR r.rolbypassrls OR NOT t.enabled
        OR (NOT t.forced AND pg_has_role(r.oid, t.relowner, 'USAGE'))
    UNION ALL
    -- It runs before the policy where the planner likes, and sees the rows of all tenants.
    SELECT 'leakproof_function', format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)), ''
    FROM pg_catalog.pg_proc p
    JOIN schemas n ON n.oid = p.pronamespace AND n.usable
    WHERE p.proleakproof AND EXISTS (SELECT FROM becomes b WHERE has_function_privilege(b.oid, p.oid, 'EXECUTE'))
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'function_of_tenant', format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)), $2
    FROM pg_catalog.pg_proc p
    JOIN schemas n ON n.oid = p.pronamespace
    WHERE EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE lower(split_part(c, '=', 1)) = lower($2))
    UNION ALL
    SELECT 'foreign_key_unchecked', format('%I', f.conname), o.called
    FROM pg_catalog.pg_constraint f
    JOIN ours o ON o.oid = f.conrelid
    JOIN tables t ON t.oid = f.confrelid
    WHERE f.contype = 'f' AND f.conparentid = 0
        -- `conenforced` exists since PostgreSQL 18.
        AND (NOT f.convalidated OR to_jsonb(f) ->> 'conenforced' = 'false'
            OR EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = f.oid AND g.tgenabled IN ('D', 'R')))
    UNION ALL
    SELECT DISTINCT 'materialized_view', v.called, ''
    FROM walk w JOIN views v ON v.oid = w.copy JOIN tables t ON t.oid = w.relation
    UNION ALL
    SELECT DISTINCT 'definer_view', v.called, r.rolname
    FROM walk w
    JOIN views v ON v.oid = w.top
    JOIN tables t ON t.oid = w.relation
    JOIN pg_catalog.pg_roles r ON r.oid = w.acts_as
    CROSS JOIN me
    WHERE w.copy IS NULL AND w.acts_as <> me.oid
        AND (r.rolsuper OR r.rolbypassrls OR NOT t.enabled
            OR (NOT t.forced AND pg_has_role(r.oid, t.relowner, 'USAGE')))
    UNION ALL
    SELECT 'definer_function', format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)), r.rolname
    FROM pg_catalog.pg_proc p
    JOIN schemas n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
    WHERE p.prosecdef AND r.rolname <> current_user AND n.usable
        AND EXISTS (SELECT FROM becomes b WHERE has_function_privilege(b.oid, p.oid, 'EXECUTE'))
        -- No one can call these; what they do at a write is decided by the schema.
        AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        AND (r.rolsuper OR r.rolbypassrls
            OR EXISTS (SELECT FROM tables t
                WHERE NOT (t.enabled AND t.forced) AND pg_has_role(r.oid, t.relowner, 'USAGE')))
    UNION ALL
    SELECT 'foreign_key_without_tenant', format('%I', f.conname), o.called
    FROM pg_catalog.pg_constraint f
    JOIN ours o ON o.oid = f.conrelid
    JOIN tables t ON t.oid = f.confrelid
    WHERE f.contype = 'f' AND f.conparentid = 0
        -- Another key of the same columns and the tenant makes up for it.
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint g,
                generate_subscripts(g.conkey, 1) AS i
            WHERE g.contype = 'f' AND g.conrelid = f.conrelid AND g.confrelid = f.confrelid
                AND g.conkey @> f.conkey AND g.conkey[i] = o.tenant AND g.confkey[i] = t.tenant)
    UNION ALL
    -- A random key is no oracle, and a primary key is what foreign keys name.
    SELECT 'unique_without_tenant', format('%I', c.relname), o.called
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN ours o ON o.oid = i.indrelid
    WHERE (i.indisunique OR i.indisexclusion) AND NOT i.indisprimary
        AND NOT EXISTS (SELECT FROM generate_series(0, i.indnkeyatts - 1) AS at
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attnum = i.indkey[at]
            WHERE i.indkey[at] = o.tenant OR a.atttypid = 'uuid'::regtype)
    UNION ALL
    SELECT 'no_tenant_index', o.called, '' FROM ours o
    WHERE o.relkind <> 'f' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid = o.oid AND i.indisvalid AND i.indkey[0] = o.tenant)
    UNION ALL
    SELECT 'nullable_tenant', called, '' FROM ours WHERE NOT required
)
SELECT reason, object::text, detail::text FROM role_holes
UNION ALL
SELECT reason, object::text, detail::text FROM holes
WHERE NOT EXISTS (SELECT FROM me WHERE rolsuper OR rolbypassrls)
ORDER BY 2, 1, 3
