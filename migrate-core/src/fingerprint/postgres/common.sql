-- $1 is the schema of the history and $2 the prefix of its tables. Each row is an object, or a property of one.
--
-- The functions that write definitions read the catalog as it is at that moment, not as it was when the query began. For an
-- object that was dropped in between they return NULL, '???' or a number. NULL becomes '???' here, and `live` refuses these.
-- Names of relations come from the tables of the catalog, because regclass is one of those functions.
--
-- `documented (whose, names)` comes before it: the options that are reported.
member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), history_prefix (space, prefix) AS (
    -- The history of another prefix or schema is no schema either. It is known by its columns.
    SELECT oid, $2::text FROM pg_namespace WHERE nspname = $1::text
    UNION
    SELECT c.relnamespace, left(c.relname::text, -length('_history')) FROM pg_class c
    WHERE c.relkind = 'r' AND c.relname::text LIKE '%\_history' AND (SELECT count(*) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN
            ('set_name', 'version', 'chain', 'statements_checksum', 'down_checksum', 'older_binaries')) = 6
), history AS (
    SELECT c.oid, c.relnamespace FROM pg_class c JOIN history_prefix h ON h.space = c.relnamespace
    WHERE c.relkind = 'r' AND c.relname IN
        ((h.prefix || '_history')::name, (h.prefix || '_log')::name, (h.prefix || '_schema')::name,
        (h.prefix || '_settings')::name)
), history_part AS (
    SELECT oid FROM history
    UNION ALL
    SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM history)
    UNION ALL
    SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
        AND refobjid IN (SELECT oid FROM history) AND deptype IN ('a', 'i')
), space AS (
    SELECT n.*, n.nspname::text AS name FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), named AS NOT MATERIALIZED (
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
), relation AS MATERIALIZED (
    SELECT c.*, s.name AS space, c.relname::text AS name, c.relkind IN ('r', 'p', 'f') AS is_table,
        CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'f' THEN 'foreign-table' WHEN 'v' THEN 'view'
            WHEN 'm' THEN 'materialized-view' WHEN 'S' THEN 'sequence' ELSE '' END AS kind
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE c.oid NOT IN (SELECT oid FROM history_part)
        AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_class'::regclass AND objid = c.oid)
), option_list (index, whose, head, bare, options) AS (
    -- The options in the definition of an index, after `head`; `bare` if it has none.
    SELECT i.oid, m.amname::text, ' WITH', '', i.reloptions FROM relation i JOIN pg_am m ON m.oid = i.relam
    WHERE i.relkind IN ('i', 'I') AND i.reloptions IS NOT NULL
    UNION ALL
    SELECT i.oid, 'operator class', ' ' || c.opcname, CASE WHEN c.opcdefault THEN '' ELSE ' ' || c.opcname END, a.attoptions
    FROM relation i
    JOIN pg_index x ON x.indexrelid = i.oid
    JOIN pg_attribute a ON a.attrelid = i.oid AND a.attoptions IS NOT NULL
    JOIN pg_opclass c ON c.oid = x.indclass[a.attnum - 1] AND c.opcnamespace = 'pg_catalog'::regnamespace
), undocumented (index, n, text, instead) AS MATERIALIZED (
    SELECT index, row_number() OVER (PARTITION BY index), head || ' (' || list.every || ')',
        coalesce(head || ' (' || list.told || ')', bare)
    FROM option_list l
    JOIN documented d ON d.whose = l.whose,
    LATERAL (SELECT string_agg(word, ', ' ORDER BY n) AS every,
            string_agg(word, ', ' ORDER BY n) FILTER (WHERE part.name = ANY (d.names)) AS told
        FROM unnest(l.options) WITH ORDINALITY AS each (option, n),
        LATERAL (SELECT split_part(option, '=', 1) AS name, substr(option, strpos(option, '=') + 1) AS value) AS part,
        LATERAL (SELECT quote_ident(part.name) || '=' || CASE quote_ident(value) WHEN value THEN value
            ELSE '''' || replace(value, '''', '''''') || '''' END AS word) AS quoted) AS list
    WHERE list.told IS DISTINCT FROM list.every
), redefinition (index, n, text) AS (
    SELECT u.index, 0::bigint,
        (CASE WHEN c.oid IS NULL THEN pg_get_indexdef(u.index) ELSE pg_get_constraintdef(c.oid) END) COLLATE "C"
    FROM undocumented u LEFT JOIN pg_constraint c ON c.conindid = u.index AND c.contype IN ('p', 'u', 'x') WHERE u.n = 1
    UNION ALL
    SELECT u.index, u.n, replace(r.text, u.text, u.instead) COLLATE "C"
    FROM redefinition r JOIN undocumented u ON u.index = r.index AND u.n = r.n + 1
), redefined AS MATERIALIZED (
    -- The definitions of indexes and of their constraints that would say more than is documented.
    SELECT DISTINCT ON (index) index, text FROM redefinition ORDER BY index, n DESC
), type AS MATERIALIZED (
    SELECT t.*, s.name AS space, t.typname::text AS name,
        CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite-type'
            WHEN 'r' THEN 'range-type' ELSE 'base-type' END AS kind
    FROM pg_type t JOIN space s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'c', 'r', 'b', 'p')
        -- Tables have a row type, and types an array type.
        AND (t.typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c')
        AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
        AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_type'::regclass AND objid = t.oid)
), routine AS MATERIALIZED (
    SELECT p.*, s.name AS space, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name,
        CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind
    FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
        -- Objects that come and go with a range type.
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
            AND d.deptype = 'i')
), holder (kind, space, parent, name, owner, actual, usual) AS (
    SELECT kind, space, '', name, relowner, relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)
    FROM relation WHERE kind <> ''
    UNION ALL
    SELECT 'column', r.space, r.name, a.attname::text, r.relowner, a.attacl, acldefault('c', r.relowner)
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped
    UNION ALL
    SELECT kind, space, '', name, typowner, typacl, acldefault('T', typowner) FROM type
    UNION ALL
    SELECT kind, space, '', name, proowner, proacl, acldefault('f', proowner) FROM routine
    UNION ALL
    SELECT 'schema', '', '', name, nspowner, nspacl, acldefault('n', nspowner) FROM space
    WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_namespace'::regclass AND objid = oid)
    UNION ALL
    SELECT 'foreign-data-wrapper', '', '', fdwname::text, fdwowner, fdwacl, acldefault('F', fdwowner)
    FROM pg_foreign_data_wrapper
    WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_foreign_data_wrapper'::regclass AND objid = oid)
    UNION ALL
    SELECT 'foreign-server', '', '', srvname::text, srvowner, srvacl, acldefault('S', srvowner) FROM pg_foreign_server
    WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_foreign_server'::regclass AND objid = oid)
    UNION ALL
    SELECT 'default-privileges', coalesce(nspname::text, ''), '', format('%s of %I', CASE defaclobjtype
            WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
            WHEN 'n' THEN 'schemas' ELSE defaclobjtype::text END, pg_get_userbyid(defaclrole)),
        defaclrole, defaclacl, CASE WHEN defaclnamespace = 0
            THEN acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole) END
    FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
), grants AS (
    -- The privileges of each role, and those that it would have without any GRANT or REVOKE.
    SELECT h.kind, h.space, h.parent, h.name, CASE e.grantee WHEN 0 THEN 'PUBLIC' WHEN h.owner THEN 'OWNER'
            ELSE quote_ident(pg_get_userbyid(e.grantee)::text) END AS role,
        string_agg(DISTINCT e.privilege COLLATE "C", ', ') FILTER (WHERE e.is_usual) AS usual,
        string_agg(DISTINCT e.privilege COLLATE "C", ', ') FILTER (WHERE NOT e.is_usual) AS actual
    FROM holder h, LATERAL (
        SELECT false AS is_usual, grantee, privilege_type || CASE WHEN is_grantable THEN '*' ELSE '' END AS privilege
        FROM aclexplode(h.actual)
        UNION ALL
        SELECT true, grantee, privilege_type FROM aclexplode(h.usual)
    ) e
    WHERE h.actual IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
)
