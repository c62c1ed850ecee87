-- Every reason why row-level security does not hold for the role that asks: reason, object, detail.
-- $1 is the name of the tenant column, $2 the setting.
WITH RECURSIVE
me AS (
    SELECT oid, rolname, rolsuper, rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user
),
-- Tables with the tenant column, reachable or not.
tables AS (
    SELECT c.oid, c.relkind, c.relowner, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
        EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid) AS is_child,
        a.attnum AS tenant, a.attnotnull AS required, format('%I.%I', n.nspname, c.relname) AS called,
        has_schema_privilege(n.oid, 'USAGE')
            AND (has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE')
                OR has_table_privilege(c.oid, 'DELETE, TRUNCATE')) AS reachable
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = $1 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
),
ours AS (SELECT * FROM tables WHERE reachable),
-- What a superuser or BYPASSRLS role is told is that alone: nothing else matters then.
role_holes AS (
    SELECT 'superuser' AS reason, rolname::text AS object, '' AS detail FROM me WHERE rolsuper
    UNION ALL
    SELECT 'bypasses_rls', rolname, '' FROM me WHERE rolbypassrls AND NOT rolsuper
    UNION ALL
    -- The session's user too: `RESET ROLE` is always allowed.
    SELECT 'may_become', r.rolname, me.rolname
    FROM me, pg_catalog.pg_roles r
    WHERE NOT me.rolsuper AND NOT me.rolbypassrls AND r.oid <> me.oid
        AND (r.rolsuper OR r.rolbypassrls
            OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
        AND (pg_has_role(current_user, r.oid, 'MEMBER')
            OR r.rolname = session_user
            OR (NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)
                AND pg_has_role(session_user, r.oid, 'MEMBER')))
),
policies AS (
    SELECT polrelid, polcmd, polpermissive,
        coalesce(strpos(pg_get_expr(polqual, polrelid), quote_ident($1)) > 0
            AND strpos(pg_get_expr(polqual, polrelid), quote_literal($2)) > 0, false) AS reads_own,
        coalesce(strpos(pg_get_expr(coalesce(polwithcheck, polqual), polrelid), quote_ident($1)) > 0
            AND strpos(pg_get_expr(coalesce(polwithcheck, polqual), polrelid), quote_literal($2)) > 0, false)
            AS writes_own
    FROM pg_catalog.pg_policy
    WHERE 0 = ANY (polroles)
        OR EXISTS (SELECT FROM unnest(polroles) AS role WHERE pg_has_role(current_user, role, 'USAGE'))
),
-- Commands that a permissive policy allows and no restrictive one narrows to the tenant.
open_commands AS (
    SELECT o.called, string_agg(c.name, ', ' ORDER BY c.place) AS names
    FROM ours o
    CROSS JOIN (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE'))
        AS c(place, letter, name)
    WHERE o.enabled
        AND EXISTS (SELECT FROM policies p
            WHERE p.polrelid = o.oid AND p.polpermissive AND p.polcmd::text IN (c.letter, '*'))
        AND NOT EXISTS (SELECT FROM policies p
            WHERE p.polrelid = o.oid AND NOT p.polpermissive AND p.polcmd::text IN (c.letter, '*')
                AND (p.reads_own OR c.letter = 'a') AND (p.writes_own OR c.letter IN ('r', 'd')))
    GROUP BY o.called
),
-- Views and materialized views, and with whose rights they read.
views AS (
    SELECT c.oid, c.relkind, c.relowner, format('%I.%I', n.nspname, c.relname) AS called,
        coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
            WHERE option_name = 'security_invoker'), false) AS as_invoker,
        n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE')
            AND (has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE')
                OR has_table_privilege(c.oid, 'DELETE')) AS reachable
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
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
    SELECT CASE WHEN is_child THEN 'bare_partition' ELSE 'not_enabled' END, called, '' FROM ours WHERE NOT enabled
    UNION ALL
    SELECT 'not_forced', called, pg_get_userbyid(relowner) FROM ours
    WHERE enabled AND NOT forced AND pg_has_role(current_user, relowner, 'MEMBER')
    UNION ALL
    SELECT 'permissive_only', called, names FROM open_commands
    UNION ALL
    SELECT 'truncate_granted', called, current_user FROM ours
    WHERE relkind <> 'f' AND has_table_privilege(oid, 'TRUNCATE')
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
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
    WHERE p.prosecdef AND r.rolname <> current_user
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
        -- Nobody can call these; what they do at a write is the schema's own doing.
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
