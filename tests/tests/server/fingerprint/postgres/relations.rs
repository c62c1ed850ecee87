//! Sequences, views, triggers, rules, policies, statistics.

use crate::fingerprint::case::{Case, case, one_way};

const TABLE: &str = "CREATE TABLE t (id bigint, note text)";
const VIEW: &str = "CREATE VIEW v AS SELECT 1 AS a";
const TRIGGER: &str = "CREATE TABLE t (id bigint);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'";
const SEQUENCE: &str = "CREATE SEQUENCE s";

pub(crate) const VIEWS_AND_SEQUENCES: &[Case] = &[
    // Sequences.
    case("", SEQUENCE, "added    sequence public.s"),
    case(SEQUENCE, "SELECT nextval('s')", "no difference"),
    case(SEQUENCE, "ALTER SEQUENCE s INCREMENT 5", "changed  sequence public.s: increment 1 → 5"),
    case(
        SEQUENCE,
        "ALTER SEQUENCE s AS integer",
        "changed  sequence public.s: maximum 9223372036854775807 → 2147483647\n\
         changed  sequence public.s: type bigint → integer",
    ),
    case(
        SEQUENCE,
        "ALTER SEQUENCE s MAXVALUE 9",
        "changed  sequence public.s: maximum 9223372036854775807 → 9",
    ),
    case(
        SEQUENCE,
        "ALTER SEQUENCE s START 5 CACHE 3 CYCLE",
        "changed  sequence public.s: cache 1 → 3\nchanged  sequence public.s: start 1 → 5\n\
         changed  sequence public.s: cycle none → true",
    ),
    case(
        "CREATE SEQUENCE s; CREATE TABLE t (id bigint)",
        "ALTER SEQUENCE s OWNED BY t.id",
        "changed  sequence public.s: owned by none → public.t.id",
    ),
    case(
        SEQUENCE,
        "GRANT USAGE ON SEQUENCE s TO migrate_test_reader",
        "changed  sequence public.s: grants to migrate_test_reader none → USAGE",
    ),
    // Views.
    case("", VIEW, "added    view public.v"),
    one_way(
        VIEW,
        "CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 2 AS b",
        "changed  view public.v: definition\n  - SELECT 1 AS a\n  + SELECT 1 AS a,\n  +     2 AS b",
    ),
    one_way(
        VIEW,
        "ALTER VIEW v SET (security_barrier)",
        "changed  view public.v: options none → security_barrier=true",
    ),
    one_way(VIEW, "ALTER VIEW v ALTER a SET DEFAULT 5", "added    column public.v.a"),
    case("", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a", "added    materialized view public.m"),
    one_way(
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a WITH NO DATA",
        "REFRESH MATERIALIZED VIEW m",
        "changed  materialized view public.m: populated false → none",
    ),
    case(
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a",
        "CREATE UNIQUE INDEX i ON m (a)",
        "added    index public.i of public.m",
    ),
];

pub(crate) const TRIGGERS_AND_POLICIES: &[Case] = &[
    // Triggers and rules.
    case(
        TRIGGER,
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "added    trigger g of public.t",
    ),
    case(
        "CREATE TABLE t (id bigint);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE t DISABLE TRIGGER g",
        "changed  trigger g of public.t: enabled none → disabled",
    ),
    case(
        "CREATE TABLE t (id bigint);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "DROP TRIGGER g ON t; CREATE TRIGGER g BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "changed  trigger g of public.t: definition \
         CREATE TRIGGER g BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f() → \
         CREATE TRIGGER g BEFORE DELETE ON public.t FOR EACH ROW EXECUTE FUNCTION public.f()",
    ),
    case(
        "CREATE TABLE p (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()",
        "added    trigger g of public.p",
    ),
    one_way(
        "CREATE TABLE p (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE p1 DISABLE TRIGGER g",
        "added    trigger g of public.p1",
    ),
    case(TABLE, "CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", "added    rule r of public.t"),
    case(
        "CREATE TABLE t (id bigint); CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING",
        "ALTER TABLE t DISABLE RULE r",
        "changed  rule r of public.t: enabled none → disabled",
    ),
    // Policies.
    case(TABLE, "CREATE POLICY y ON t USING (id > 0)", "added    policy y of public.t"),
    one_way(
        "CREATE TABLE t (id bigint); CREATE POLICY y ON t USING (id > 0)",
        "ALTER POLICY y ON t TO migrate_test_reader USING (id > 1) WITH CHECK (id > 2)",
        "changed  policy y of public.t: using (id > 0) → (id > 1)\n\
         changed  policy y of public.t: check none → (id > 2)\n\
         changed  policy y of public.t: roles none → migrate_test_reader",
    ),
    one_way(
        "CREATE TABLE t (id bigint); CREATE POLICY y ON t USING (id > 0)",
        "DROP POLICY y ON t; CREATE POLICY y ON t AS RESTRICTIVE FOR SELECT USING (id > 0)",
        "changed  policy y of public.t: command none → SELECT\n\
         changed  policy y of public.t: restrictive none → true",
    ),
    // Statistics.
    case(
        TABLE,
        "CREATE STATISTICS x (ndistinct) ON id, note FROM t",
        "added    statistics public.x of public.t",
    ),
    one_way(
        "CREATE TABLE t (a bigint, b bigint); CREATE STATISTICS x ON a, b FROM t",
        "ALTER STATISTICS x SET STATISTICS 5",
        "changed  statistics public.x of public.t: target none → 5",
    ),
];
