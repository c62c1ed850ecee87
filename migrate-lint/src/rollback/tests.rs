//! Rollbacks, and what is found in them.

use migrate_core::{Engine, Script};

use super::of_rollback;
use crate::schema::{Schema, Words};
use crate::sql;

const OLD: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT t_a CHECK (a > 0)); CREATE INDEX t_a_idx ON t (a);
        CREATE VIEW v AS SELECT id FROM t; CREATE TYPE mood AS ENUM ('good'); CREATE SCHEMA app;
        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE EXTENSION citext; CREATE SEQUENCE s;
        CREATE TABLE app.log (id int); CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE SCHEMA empty;";

#[track_caller]
fn found(engine: Engine, old: &str, up: &str, down: &str) -> Vec<String> {
    let parse = |sql: &str| {
        let parsed = sql::parse(sql, engine);
        assert_eq!(parsed.errors, [], "{sql}");
        parsed.statements
    };
    let mut schema = Schema::new(engine);
    schema.begin_migration();
    parse(old).iter().for_each(|statement| schema.apply(statement));
    let execution = Script::of_text(down, engine, true).execution();
    let part = schema.part_for(&Words::of(&[up, down]));
    let mut after = schema.clone();
    after.begin_migration();
    parse(up).iter().for_each(|statement| after.apply(statement));
    let findings = of_rollback(&part, &after, &parse(up), &parse(down), execution);
    let whole = of_rollback(&schema, &after, &parse(up), &parse(down), execution);
    assert_eq!(findings, whole, "of a part of the schema as of all of it");
    findings
        .into_iter()
        .map(|finding| format!("{}: {}: {}", finding.hazard, finding.span.of(down), finding.message))
        .collect()
}

/// Nothing is wrong with the way back.
#[track_caller]
fn fine(up: &str, down: &str) {
    assert_eq!(found(Engine::Postgres, OLD, up, down), [""; 0], "{up} -- {down}");
}

#[track_caller]
fn not_dropped(up: &str, down: &str, what: &str) {
    let first = down.split(';').next().unwrap();
    let want =
        format!("down-mismatch: {first}: the rollback does not drop what the migration created: {what}");
    let mut found = found(Engine::Postgres, OLD, up, down);
    found.retain(|finding| finding.contains("does not drop what"));
    assert_eq!(found, [want], "{up} -- {down}");
}

#[track_caller]
fn lost(up: &str, down: &str, at: &str, what: &str) {
    let want =
        format!("down-lossy: {at}: {what} was there before the migration and is gone after the rollback");
    let mut found = found(Engine::Postgres, OLD, up, down);
    found.retain(|finding| finding.starts_with("down-lossy"));
    assert_eq!(found, [want], "{up} -- {down}");
}

/// The server refuses a statement of the rollback.
#[track_caller]
fn refused(up: &str, down: &str, at: &str, why: &str) {
    let want = format!("down-fails: {at}: the server refuses this: {why}");
    let mut found = found(Engine::Postgres, OLD, up, down);
    found.retain(|finding| finding.starts_with("down-fails"));
    assert_eq!(found, [want], "{up} -- {down}");
}

#[track_caller]
fn unrestored(up: &str, down: &str, what: &str) {
    let first = down.split(';').next().unwrap();
    let want = format!("down-mismatch: {first}: the rollback leaves another schema than there was: {what}");
    assert_eq!(found(Engine::Postgres, OLD, up, down), [want], "{up} -- {down}");
}

#[test]
fn what_the_server_refuses() {
    let add = "ALTER TABLE t ADD b int; CREATE INDEX t_b ON t (b)";
    refused(
        add,
        "ALTER TABLE t DROP b; DROP INDEX t_b",
        "DROP INDEX t_b",
        "the index `t_b` was dropped or renamed before, or went with its table or column",
    );
    fine(add, "ALTER TABLE t DROP b; DROP INDEX IF EXISTS t_b");
    let column = "`t` has no column `c`";
    refused(add, "DROP INDEX t_b; ALTER TABLE t DROP b; ALTER TABLE t DROP c", "DROP c", column);
    refused(
        add,
        "ALTER TABLE t DROP b; ALTER TABLE t ALTER c DROP NOT NULL",
        "ALTER c DROP NOT NULL",
        column,
    );
    fine(add, "ALTER TABLE t DROP b, DROP COLUMN IF EXISTS c");
    let make = "CREATE TYPE n AS ENUM ('a'); CREATE TABLE m (a n)";
    refused(make, "DROP TYPE n; DROP TABLE m", "DROP TYPE n", "the column `public.m.a` has the type `n`");
    fine(make, "DROP TABLE m; DROP TYPE n");
    refused(
        "CREATE TABLE n (id int)",
        "DROP TABLE n; DROP TABLE nosuch",
        "DROP TABLE nosuch",
        "there is no table `nosuch`: no migration creates it, or it went with another",
    );
    let two = "CREATE TABLE n (id int PRIMARY KEY); CREATE TABLE m (a int REFERENCES n)";
    refused(
        two,
        "DROP TABLE n; DROP TABLE m",
        "DROP TABLE n",
        "a foreign key of `public.m` refers to `public.n`",
    );
    fine(two, "DROP TABLE n, m");
    fine(two, "DROP TABLE m; DROP TABLE n");
    let view = "CREATE TABLE n (id int); CREATE VIEW w AS SELECT id FROM n";
    refused(view, "DROP TABLE n; DROP VIEW w", "DROP TABLE n", "the view `public.w` reads `public.n`");
    fine(view, "DROP VIEW w; DROP TABLE n");
    let trigger = "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION g()";
    let uses = "a trigger of `public.t` uses the function `g`";
    refused(trigger, "DROP FUNCTION g; DROP TRIGGER g ON t", "DROP FUNCTION g", uses);
    fine(trigger, "DROP TRIGGER g ON t; DROP FUNCTION g");
    fine(trigger, "DROP FUNCTION g CASCADE");
    refused(
        "DROP TABLE app.log",
        "CREATE TABLE app.log (id bigserial); ALTER TABLE t ALTER a TYPE serial",
        "ALTER a TYPE serial",
        "`serial` is no type: it is a short form for a new column and its sequence",
    );
    refused("ALTER TABLE t DROP a", "ALTER TABLE t ADD id int", "ADD id int", "`t` has a column `id`");
    let renamed = "ALTER TABLE app.log RENAME TO logs";
    refused(
        renamed,
        "ALTER TABLE app.log ADD a int",
        "ALTER TABLE app.log ADD a int",
        "`app.log` was dropped or renamed before",
    );
    refused(renamed, "DELETE FROM app.log", "DELETE FROM app.log", "`app.log` was dropped or renamed before");
    refused(
        "ALTER TABLE t DROP a",
        "CREATE TABLE n (a int REFERENCES app.log (id))",
        "CREATE TABLE n (a int REFERENCES app.log (id))",
        "`app.log` has no unique constraint over `id` to refer to",
    );
    refused(
        two,
        "DROP INDEX n_pkey; DROP TABLE m, n",
        "DROP INDEX n_pkey",
        "`n_pkey` belongs to a constraint of `public.n`, which has to be dropped",
    );
}

#[test]
fn rows_that_no_one_asked_to_delete() {
    let add = "ALTER TABLE t ADD b int";
    let lost = |down: &str, at: &str| {
        let message =
            "all rows of `t` are lost: the table was there before the migration, which writes no rows to it";
        assert_eq!(
            found(Engine::Postgres, OLD, add, down),
            [format!("down-lossy: {at}: {message}")],
            "{down}"
        );
    };
    lost("TRUNCATE t; ALTER TABLE t DROP b", "TRUNCATE t");
    lost("ALTER TABLE t DROP b; DELETE FROM t", "DELETE FROM t");
    lost("ALTER TABLE t DROP b; DELETE FROM t WHERE true", "DELETE FROM t WHERE true");
    fine(add, "DELETE FROM t WHERE b = 1; ALTER TABLE t DROP b");
    fine("INSERT INTO t VALUES (1)", "DELETE FROM t");
    fine("CREATE TABLE n (id int)", "DELETE FROM n; DROP TABLE n");
}

#[test]
fn what_nothing_shows() {
    // Others may have made these, and a block or a function may do anything.
    for (up, down) in [
        ("CREATE TABLE n (id int)", "DROP TABLE n; ALTER TABLE legacy DROP a"),
        ("SELECT make_everything()", "DROP TABLE made"),
        ("DO $$ BEGIN CREATE TABLE made (id int); END $$", "DROP TABLE made; DROP TABLE other"),
        ("CREATE TABLE n (id int)", "DROP TABLE n; DELETE FROM legacy"),
        (
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)",
            "ALTER TABLE p DETACH PARTITION p1; DROP TABLE p1",
        ),
        ("CREATE TABLE n AS SELECT 1 AS a", "ALTER TABLE n DROP a; DROP TABLE n"),
    ] {
        assert_eq!(found(Engine::Postgres, OLD, up, down), [""; 0], "{up} -- {down}");
    }
}

#[test]
fn what_is_not_put_back() {
    unrestored(
        "ALTER TABLE t DROP a",
        "ALTER TABLE t ADD a int",
        "the index `t_a_idx` is gone; the constraint `t_a` of `t` is gone",
    );
    unrestored(
        "ALTER TABLE t ALTER a SET DEFAULT 1",
        "UPDATE t SET a = 2 WHERE id = 1",
        "`t.a` has a default now",
    );
    unrestored(
        "ALTER TABLE t ALTER a SET NOT NULL",
        "UPDATE t SET a = 2 WHERE id = 1",
        "`t.a` is NOT NULL now",
    );
    unrestored(
        "ALTER TABLE t ALTER a TYPE bigint",
        "UPDATE t SET a = 2 WHERE id = 1",
        "`t.a` was int4 and is int8",
    );
    unrestored("DROP INDEX t_a_idx", "UPDATE t SET a = 2 WHERE id = 1", "the index `t_a_idx` is gone");
    unrestored("DROP INDEX t_a_idx", "CREATE INDEX t_a_idx ON t (id)", "the index `t_a_idx` is another");
    unrestored(
        "ALTER TABLE t DROP CONSTRAINT t_a",
        "ALTER TABLE t ADD CONSTRAINT t_a CHECK (a > 0) NOT VALID",
        "the constraint `t_a` of `t` is not valid",
    );
    unrestored("DROP VIEW v", "UPDATE t SET a = 2 WHERE id = 1", "the view `v` is gone");
    unrestored(
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "UPDATE t SET a = 2 WHERE id = 1",
        "the row-level security of `t` is another",
    );
    fine("ALTER TABLE t ALTER a SET DEFAULT 1", "ALTER TABLE t ALTER a DROP DEFAULT");
    fine("ALTER TABLE t ALTER a TYPE bigint", "ALTER TABLE t ALTER COLUMN a TYPE integer");
}

#[test]
fn what_is_undone() {
    fine("CREATE TABLE n (id serial PRIMARY KEY, a int UNIQUE)", "DROP TABLE n");
    fine("CREATE TABLE n (id int); CREATE INDEX ON n (id)", "DROP TABLE IF EXISTS n");
    fine("CREATE TABLE n (id int); ALTER TABLE n RENAME TO m", "DROP TABLE public.m");
    fine("ALTER TABLE t RENAME TO u", "ALTER TABLE u RENAME TO t");
    fine("ALTER TABLE t RENAME a TO b", "ALTER TABLE t RENAME b TO a");
    // With its column go its index, its constraints and its default.
    fine(
        "ALTER TABLE t ADD b int REFERENCES t CHECK (b > 0); CREATE INDEX ON t (a) WHERE b > 1",
        "ALTER TABLE t DROP b",
    );
    fine("ALTER TABLE t ADD CHECK (id > 0)", "ALTER TABLE t DROP CONSTRAINT t_id_check");
    fine("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t", "ALTER TABLE t DROP CONSTRAINT t_a_fkey");
    fine("CREATE INDEX ON t (id)", "DROP INDEX t_id_idx");
    fine("CREATE INDEX CONCURRENTLY i ON t (id)", "DROP INDEX CONCURRENTLY IF EXISTS i");
    fine("CREATE SCHEMA n; CREATE TABLE n.a (id int); CREATE TYPE n.b AS (a int)", "DROP SCHEMA n CASCADE");
    fine("CREATE TYPE n AS ENUM ('a'); ALTER TABLE t ADD b n", "ALTER TABLE t DROP b; DROP TYPE n");
    fine("CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()", "DROP TRIGGER g ON t");
    fine("CREATE POLICY y ON t USING (true)", "DROP POLICY y ON t");
    fine("SET search_path TO app; CREATE TABLE n (id int)", "DROP TABLE app.n");
    fine("SELECT id INTO n FROM t; DROP TABLE n", "UPDATE t SET a = 2 WHERE id = 1");
    fine("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)", "DROP TABLE p1");
    fine("CREATE TEMP TABLE n (id int)", "UPDATE t SET a = 2 WHERE id = 1");
    // Replaced, not created.
    fine(
        "CREATE OR REPLACE VIEW v AS SELECT id, 1 AS a FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT id FROM t",
    );
    fine(
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    fine("DROP VIEW v; CREATE VIEW v AS SELECT 1", "DROP VIEW v; CREATE VIEW v AS SELECT id FROM t");
    fine("ALTER TABLE t DROP CONSTRAINT t_a", "ALTER TABLE t ADD CONSTRAINT t_a CHECK (a > 0)");
    fine("DROP TABLE t CASCADE", "CREATE TABLE t (id int)");
    // An enum that is created again without the value.
    fine(
        "ALTER TYPE mood ADD VALUE 'bad'",
        "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('good'); DROP TYPE old",
    );
}

#[test]
fn what_is_not_dropped() {
    not_dropped("CREATE TABLE n (id int)", "DROP TABLE IF EXISTS m", "the table `n`");
    not_dropped("CREATE TABLE app.n (id int)", "DROP TABLE IF EXISTS n", "the table `app.n`");
    not_dropped("ALTER TABLE t ADD b int, ADD c int", "ALTER TABLE t DROP b", "the column `t.c`");
    not_dropped("ALTER TABLE unknown ADD b int", "UPDATE t SET a = 1 WHERE id = 1", "the column `unknown.b`");
    not_dropped(
        "ALTER TABLE t ADD CHECK (a < 9); CREATE INDEX i ON t (id)",
        "DROP INDEX IF EXISTS j",
        "the index `i`, the constraint `t_a_check` of `t`",
    );
    not_dropped(
        "CREATE TYPE n AS ENUM ('a'); CREATE TABLE n2 (a n)",
        "DROP TABLE n2; UPDATE t SET a = 1 WHERE id = 1",
        "the type `n`",
    );
    not_dropped(
        "ALTER TYPE mood ADD VALUE 'bad'",
        "UPDATE t SET a = 1 WHERE id = 1",
        "the value `bad` of `mood`",
    );
    not_dropped(
        "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION g()",
        "DROP TRIGGER g ON t",
        "the function `g`",
    );
    not_dropped(
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "UPDATE t SET a = 1 WHERE id = 1",
        "the trigger `g` of `t`",
    );
    not_dropped(
        "CREATE POLICY y ON t USING (true)",
        "ALTER TABLE t DISABLE ROW LEVEL SECURITY",
        "the policy `y` of `t`",
    );
    not_dropped(
        "CREATE MATERIALIZED VIEW m AS SELECT 1",
        "DROP VIEW IF EXISTS m2",
        "the materialized view `m`",
    );
    not_dropped("CREATE SEQUENCE n", "DROP TABLE IF EXISTS n2", "the sequence `n`");
    not_dropped("ALTER TABLE t RENAME TO u", "UPDATE u SET a = 1 WHERE id = 1", "the table `u`");
}

#[test]
fn what_is_lost() {
    lost(
        "ALTER TABLE t ADD b int",
        "ALTER TABLE t DROP b, DROP a",
        "ALTER TABLE t DROP b, DROP a",
        "the column `t.a`",
    );
    lost("ALTER TABLE t ADD b int", "ALTER TABLE t DROP b; DROP TABLE t", "DROP TABLE t", "the table `t`");
    lost("CREATE TABLE IF NOT EXISTS t (id int)", "DROP TABLE t", "DROP TABLE t", "the table `t`");
    lost(
        "CREATE TABLE n (id int)",
        "DROP TABLE n; DROP SCHEMA app CASCADE",
        "DROP SCHEMA app CASCADE",
        "the schema `app`",
    );
    lost(
        "CREATE EXTENSION IF NOT EXISTS citext",
        "DROP EXTENSION citext",
        "DROP EXTENSION citext",
        "the extension `citext`",
    );
    lost("CREATE OR REPLACE VIEW v AS SELECT 1", "DROP VIEW v", "DROP VIEW v", "the view `v`");
    lost("CREATE INDEX i ON t (id)", "DROP INDEX i, t_a_idx", "DROP INDEX i, t_a_idx", "the index `t_a_idx`");
    lost("ALTER TYPE mood ADD VALUE 'bad'", "DROP TYPE mood", "DROP TYPE mood", "the type `mood`");
}

#[test]
fn what_cannot_be_analysed() {
    let up = "CREATE TABLE n (id int); CREATE VIEW w AS SELECT 1";
    fine(up, "DO $$ BEGIN EXECUTE 'DROP TABLE n'; END $$");
    fine(up, "DO $$ BEGIN IF true THEN DROP TABLE n; END IF; END $$");
    fine(up, "SELECT drop_everything()");
    fine(up, "CALL drop_everything()");
    fine(up, "DROP OWNED BY app");
    fine(up, "DROP EXTENSION citext CASCADE");
    fine(up, "DROP TABLE n CASCADE"); // and with it perhaps the view
    fine(
        "DO $$ BEGIN CREATE TYPE n AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN null; END $$",
        "DROP TABLE IF EXISTS n2",
    );
    // Of functions with one name the rollback may drop the new one.
    fine("CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION f(int)");
    fine("CREATE EXTENSION hstore; CREATE SCHEMA n", "UPDATE t SET a = 1 WHERE id = 1"); // others may use them
}

#[test]
fn a_rollback_that_rebuilds_keeps_the_rows_too() {
    let old = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE child (t_id REFERENCES t ON DELETE CASCADE);
            CREATE TABLE grandchild (id INTEGER PRIMARY KEY)";
    let up = "ALTER TABLE t ADD COLUMN b TEXT";
    let down = |keys: &str, copy: &str| {
        format!(
            "{keys}CREATE TABLE new_t (id INTEGER PRIMARY KEY, a TEXT); {copy}; DROP TABLE t; ALTER TABLE new_t RENAME TO t"
        )
    };
    let off = "-- migrate: foreign-keys off\n";
    let copy = "INSERT INTO new_t SELECT id, a FROM t";
    let found = |down: &str| found_on_sqlite(old, up, down);
    // The column goes, because the migration has added it.
    assert_eq!(found(&down(off, copy)), [""; 0]);
    let keys = "rebuild-foreign-keys: DROP TABLE t: foreign keys are on while `t` is rebuilt: DROP TABLE deletes rows of `child`";
    assert_eq!(found(&down("", copy)), [keys]);
    let none = "rebuild-rows: DROP TABLE t: no statement copies the rows of `t` into the table that gets its name: all of \
                    them are lost";
    assert_eq!(found(&down(off, "SELECT 1")), [none]);
    let partial = found(&down(off, "INSERT INTO new_t SELECT id, a FROM t WHERE b IS NULL"));
    assert_eq!(partial.len(), 1, "{partial:?}");
    let left_out = found(&down(off, "INSERT INTO new_t (id) SELECT id FROM t"));
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    // Of a table that the migration made, nothing is missed.
    let made = "CREATE TABLE n (id INTEGER PRIMARY KEY)";
    assert_eq!(found_on_sqlite(old, made, "DROP TABLE n"), [""; 0]);
    let referred = "CREATE TABLE n (id INTEGER PRIMARY KEY); ALTER TABLE grandchild ADD COLUMN n_id REFERENCES n ON DELETE CASCADE";
    let cascades = "delete-cascade: DROP TABLE n: when the rows of `n` are deleted, the statement also deletes rows of `grandchild`";
    let back = "DROP TABLE n; ALTER TABLE grandchild DROP COLUMN n_id";
    assert_eq!(found_on_sqlite(old, referred, back), [cascades]);
    let back = "ALTER TABLE grandchild DROP COLUMN n_id; DROP TABLE n";
    assert_eq!(found_on_sqlite(old, referred, back), [""; 0]);
}

fn found_on_sqlite(old: &str, up: &str, down: &str) -> Vec<String> {
    found(Engine::Sqlite, old, up, down)
}

#[test]
fn on_sqlite() {
    let old =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a int); CREATE INDEX t_a ON t (a); CREATE TABLE u (id int)";
    let rebuild = |columns: &str| {
        format!(
            "CREATE TABLE new_t ({columns}); INSERT INTO new_t SELECT id, a FROM t; DROP TABLE t;
                 ALTER TABLE new_t RENAME TO t"
        )
    };
    let up = format!("{}; CREATE INDEX t_a ON t (a)", rebuild("id INTEGER PRIMARY KEY, a text"));
    let down = rebuild("id INTEGER PRIMARY KEY, a int");
    let with_index = format!("{down}; CREATE INDEX t_a ON t (a)");
    assert_eq!(found(Engine::Sqlite, old, &up, &with_index), [""; 0]);
    // The index goes with the table that another takes the place of.
    let lost = "down-lossy: DROP TABLE t: the index `t_a` was there before the migration and is gone after the rollback";
    assert_eq!(found(Engine::Sqlite, old, &up, &down), [lost]);
    assert_eq!(found(Engine::Sqlite, old, "ALTER TABLE t ADD b int", "ALTER TABLE t DROP b"), [""; 0]);
    let left = "down-mismatch: DROP TABLE u2: the rollback does not drop what the migration created: the trigger `g` of `u`";
    let up = "CREATE TABLE u2 (a); CREATE TRIGGER g AFTER INSERT ON u BEGIN SELECT 1; END";
    assert_eq!(found(Engine::Sqlite, old, up, "DROP TABLE u2"), [left]);
}
