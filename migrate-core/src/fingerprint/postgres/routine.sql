-- Functions and procedures.
SELECT r.kind, r.space, '', r.name, p.property, p.value
FROM routine r,
LATERAL (VALUES
    ('definition', CASE WHEN r.prokind <> 'a' THEN coalesce(btrim(pg_get_functiondef(r.oid), E'\n'), '???') END),
    ('comment', (SELECT description FROM pg_description
        WHERE classoid = 'pg_proc'::regclass AND objoid = r.oid AND objsubid = 0))
) p (property, value)
WHERE p.value IS NOT NULL
UNION ALL
-- Further properties of aggregates.
SELECT r.kind, r.space, '', r.name, p.property, p.value
FROM routine r
JOIN pg_aggregate a ON a.aggfnoid = r.oid,
LATERAL (VALUES
    ('arguments', coalesce(pg_get_function_arguments(r.oid), '???')),
    ('kind', CASE a.aggkind WHEN 'o' THEN 'ordered set' WHEN 'h' THEN 'hypothetical set' END),
    ('parallel', CASE r.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END),
    ('state function', nullif(a.aggtransfn::oid, 0)::regproc::text),
    ('state type', format_type(a.aggtranstype, NULL)),
    ('state space', nullif(a.aggtransspace, 0)::text),
    ('initial', a.agginitval),
    ('final function', nullif(a.aggfinalfn::oid, 0)::regproc::text),
    ('final extra', CASE WHEN a.aggfinalextra THEN 'true' END),
    ('final modify', CASE WHEN a.aggfinalfn::oid <> 0 THEN CASE a.aggfinalmodify WHEN 'r' THEN 'read only'
        WHEN 's' THEN 'shareable' ELSE 'read write' END END),
    ('combine function', nullif(a.aggcombinefn::oid, 0)::regproc::text),
    ('serial function', nullif(a.aggserialfn::oid, 0)::regproc::text),
    ('deserial function', nullif(a.aggdeserialfn::oid, 0)::regproc::text),
    ('moving state function', nullif(a.aggmtransfn::oid, 0)::regproc::text),
    ('moving inverse function', nullif(a.aggminvtransfn::oid, 0)::regproc::text),
    ('moving state type', format_type(nullif(a.aggmtranstype, 0), NULL)),
    ('moving state space', nullif(a.aggmtransspace, 0)::text),
    ('moving initial', a.aggminitval),
    ('moving final function', nullif(a.aggmfinalfn::oid, 0)::regproc::text),
    ('sort operator', nullif(a.aggsortop::oid, 0)::regoper::text)
) p (property, value)
WHERE p.value IS NOT NULL
