//! The schema that `migrate-core` reads out of scripts, held against the catalog of a database that ran them.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::collections::BTreeSet;

use deadpool_postgres::{Manager, Pool};
use migrate::testing::Server;
use migrate::{Engine, MigrationSet, Migrator, Script};
use migrate_lint::inspect;
use migrate_tests::{CRATES_IO, Corpus, ZKSYNC};
use rusqlite::Connection;
use tokio_postgres::{Client, NoTls};

const CATALOG: &str = include_str!("../../src/catalog.sql");

async fn catalog(client: &Client) -> BTreeSet<String> {
    client.query(CATALOG, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Lines that only one of both has: `-` the database, `+` what we read.
fn differences(database: &BTreeSet<String>, read: &BTreeSet<String>) -> Vec<String> {
    let missing = database.difference(read).map(|line| format!("- {line}"));
    let surplus = read.difference(database).map(|line| format!("+ {line}"));
    missing.chain(surplus).collect()
}

async fn is_read_completely(corpus: &Corpus) {
    let Some(set) = corpus.set() else { return };
    let database = Server::shared().unwrap().create_database(corpus.name).await.unwrap();
    let pool = Pool::builder(Manager::new(database.config(), NoTls)).max_size(1).build().unwrap();
    Migrator::new(&set).migrate(&pool).await.unwrap();
    let client = pool.get().await.unwrap();

    let ups = set.migrations().iter().map(|migration| migration.up().script().unwrap().sql());
    let read: BTreeSet<String> = inspect::schema(ups, Engine::Postgres).into_iter().collect();
    let database = catalog(&client).await;
    assert!(database.len() > 100, "{database:#?}");
    let differences = differences(&database, &read);
    assert!(differences.is_empty(), "{} of {}: {differences:#?}", differences.len(), database.len());
}

#[tokio::test]
async fn the_schema_of_crates_io() {
    is_read_completely(&CRATES_IO).await;
}

#[tokio::test]
async fn the_schema_of_zksync() {
    is_read_completely(&ZKSYNC).await;
}

/// Whatever the server makes of these scripts, we read the same out of them.
#[tokio::test]
async fn what_each_statement_changes() {
    let database = Server::shared().unwrap().create_database("schema").await.unwrap();
    let client = database.connect().await.unwrap();
    let before = catalog(&client).await;
    let mut wrong = Vec::new();
    for script in SCRIPTS {
        client.batch_execute("BEGIN").await.unwrap();
        let executed = client.batch_execute(script).await;
        let database = if executed.is_ok() { &catalog(&client).await - &before } else { BTreeSet::new() };
        client.batch_execute("ROLLBACK").await.unwrap();
        if let Err(error) = executed {
            wrong.push((script, vec![error.as_db_error().unwrap().to_string()]));
            continue;
        }
        let read = inspect::schema([*script], Engine::Postgres).into_iter().collect();
        let differences = differences(&database, &read);
        if !differences.is_empty() {
            wrong.push((script, differences));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Scripts in any order, most of which do not fit what was before.
#[test]
fn no_history_is_a_danger() {
    let sets: Vec<_> = [CRATES_IO, ZKSYNC].iter().filter_map(Corpus::set).collect();
    let migrations = sets.iter().flat_map(MigrationSet::migrations);
    let of_corpora = migrations.flat_map(|migration| [migration.up().script(), migration.down().script()]);
    let scripts: Vec<&str> = of_corpora.flatten().map(Script::sql).chain(SCRIPTS.iter().copied()).collect();
    let fresh =
        "CREATE SCHEMA fresh; CREATE TABLE fresh.t (a int PRIMARY KEY); ALTER TABLE fresh.t RENAME a TO b";
    let mut state: u64 = 1;
    for _ in 0..5 {
        let history = (0..400).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            scripts[usize::try_from(state >> 33).unwrap() % scripts.len()]
        });
        let read = inspect::schema(history.chain([fresh]), Engine::Postgres);
        for line in ["column fresh.t.b int4 not null", "constraint fresh.t t_pkey primary key (b)"] {
            assert!(read.iter().any(|known| known == line), "{line}: {read:#?}");
        }
    }
}

const SCRIPTS: &[&str] = &[
    // Columns
    "CREATE TABLE t (a int, b bigint NOT NULL, c text DEFAULT 'x', d numeric(10,2), e varchar(20)[], f timestamptz(3),
        g char, h serial, i bigserial PRIMARY KEY, j int GENERATED ALWAYS AS IDENTITY, k text DEFAULT NULL,
        l int GENERATED ALWAYS AS (a + 1) STORED, m bit(3), n varbit, o double precision, p json, q decimal, r inet,
        s int[][], t boolean DEFAULT false NOT NULL)",
    "CREATE TABLE t (a int); ALTER TABLE t ADD b int DEFAULT 1, ADD COLUMN IF NOT EXISTS a text,
        ADD c text UNIQUE CHECK (c <> ''), ADD d text REFERENCES t (c)",
    "CREATE TABLE t (a varchar(5) DEFAULT 'x', b int NOT NULL, c int, d int GENERATED ALWAYS AS IDENTITY);
        ALTER TABLE t ALTER a TYPE text, ALTER a DROP DEFAULT, ALTER b DROP NOT NULL, ALTER c SET NOT NULL,
        ALTER c SET DEFAULT 4, ALTER d DROP IDENTITY;
        ALTER TABLE t ALTER c DROP DEFAULT, ALTER c ADD GENERATED BY DEFAULT AS IDENTITY",
    "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED); ALTER TABLE t ALTER b DROP EXPRESSION;
        ALTER TABLE t DROP a",
    "CREATE TABLE t (a int, b serial, c int, UNIQUE (a, c), CHECK (a > c), CHECK (c > 0), PRIMARY KEY (c));
        CREATE INDEX i ON t (b); CREATE INDEX ON t (b) INCLUDE (a); CREATE INDEX ON t (c) WHERE a > 0;
        CREATE INDEX ON t (abs(a)); CREATE INDEX ON t (c, b); ALTER TABLE t DROP a, DROP COLUMN IF EXISTS z",
    "CREATE TABLE p (a int PRIMARY KEY, b int UNIQUE); CREATE TABLE t (a int REFERENCES p, b int REFERENCES p (b));
        ALTER TABLE p DROP a CASCADE",
    "CREATE TABLE t (a int PRIMARY KEY, b int CHECK (b > 0) UNIQUE, c serial); CREATE INDEX ON t (b) WHERE b > 1;
        CREATE TABLE r (a int REFERENCES t (b)); ALTER TABLE t RENAME a TO x; ALTER TABLE t RENAME COLUMN b TO y;
        ALTER TABLE t RENAME c TO z; ALTER TABLE t ADD CHECK (y < 100)",
    "CREATE TABLE t (a int, b int); ALTER TABLE t DROP b, ADD b text, ALTER a TYPE bigint, ALTER b SET NOT NULL",
    // Constraints and their names
    "CREATE TABLE t (id int PRIMARY KEY UNIQUE, a int UNIQUE, b int CHECK (b > 0) CHECK (b < 9), CHECK (a > b),
        CHECK (1 = 1), UNIQUE (a, b), CONSTRAINT own UNIQUE (b))",
    "CREATE TABLE t (id int PRIMARY KEY, CONSTRAINT named UNIQUE (id))",
    "CREATE TABLE t_a (a int UNIQUE); CREATE TABLE t (a_a int UNIQUE); CREATE TABLE t_pkey (a int PRIMARY KEY)",
    "CREATE TABLE t_pkey (a int); CREATE TABLE t (a int PRIMARY KEY)",
    "CREATE TABLE t (a int, b int, CONSTRAINT t_b_check CHECK (a > 0)); ALTER TABLE t ADD CHECK (b > 0)",
    "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0)); CREATE TABLE u (a int, CONSTRAINT c CHECK (a > 0))",
    "CREATE TABLE t (a int UNIQUE NULLS NOT DISTINCT, UNIQUE (a)); ALTER TABLE t ADD b int UNIQUE PRIMARY KEY",
    "CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0) NOT VALID, ADD CONSTRAINT c CHECK (a > 1) NOT VALID;
        ALTER TABLE t ADD CHECK (a > 2); ALTER TABLE t VALIDATE CONSTRAINT c",
    "CREATE TABLE t (a int NOT NULL, b int); CREATE UNIQUE INDEX i ON t (a); CREATE UNIQUE INDEX j ON t (b);
        ALTER TABLE t ADD PRIMARY KEY USING INDEX i, ADD CONSTRAINT u UNIQUE USING INDEX j",
    "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a);
        ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX i; ALTER TABLE t DROP CONSTRAINT t_pkey",
    "CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE);
        ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (b), DROP CONSTRAINT t_pkey",
    "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int REFERENCES t ON DELETE CASCADE,
        b int REFERENCES u (b), c int, UNIQUE (b), FOREIGN KEY (c) REFERENCES t (a), UNIQUE (a, c));
        ALTER TABLE u ADD FOREIGN KEY (a, c) REFERENCES u (a, c) NOT VALID",
    "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int REFERENCES t); ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE",
    "CREATE TABLE t (a int CONSTRAINT one PRIMARY KEY, b int CONSTRAINT two UNIQUE);
        ALTER TABLE t RENAME CONSTRAINT one TO uno; ALTER INDEX two RENAME TO due; ALTER INDEX IF EXISTS no RENAME TO x",
    "CREATE TABLE t (a int, b int, EXCLUDE USING btree (a WITH =)); ALTER TABLE t DROP CONSTRAINT t_a_excl",
    "CREATE TABLE t (a int, b int, CONSTRAINT x EXCLUDE USING btree (a WITH =, b WITH =) WHERE (a > 0))",
    "CREATE TABLE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (id serial PRIMARY KEY,
        bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb int UNIQUE CHECK
        (bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb > 0), c int, d int UNIQUE);
        CREATE INDEX ON aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (c, d, c, d, c, d, c, d, c, d);
        ALTER TABLE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
            RENAME bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb TO b",
    "CREATE TABLE \"Äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüä\" (\"ß\" int UNIQUE)",
    // Indexes and their names
    "CREATE TABLE t (a text, b text, c jsonb); CREATE INDEX ON t (a); CREATE INDEX ON t (a); CREATE INDEX ON t (a, a);
        CREATE INDEX ON t (lower(a)); CREATE INDEX ON t ((a || b)); CREATE INDEX ON t ((c ->> 'x'), (c ->> 'y'));
        CREATE INDEX ON t ((a::varchar(5))); CREATE INDEX ON t ((lower(a)::int)); CREATE INDEX ON t (coalesce(a, b));
        CREATE INDEX ON t USING gin (c); CREATE INDEX ON t (a) INCLUDE (b); CREATE INDEX ON t (a DESC NULLS LAST);
        CREATE INDEX ON t ((CASE WHEN a = '' THEN 1 END)); CREATE INDEX ON t ((CASE WHEN a = '' THEN b ELSE a END)); CREATE INDEX ON t (pg_catalog.upper(a) text_pattern_ops);
        CREATE INDEX IF NOT EXISTS i ON t (a); CREATE INDEX IF NOT EXISTS i ON t (b)",
    "CREATE TABLE t (a int); CREATE INDEX i ON t (a); CREATE INDEX j ON t (a); DROP INDEX i, j; DROP INDEX IF EXISTS i",
    "CREATE TABLE t (a int); CREATE INDEX i ON t (a); ALTER TABLE t RENAME TO u; ALTER TABLE i RENAME TO j;
        CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP TABLE u",
    // Tables
    "CREATE UNLOGGED TABLE t (a int); ALTER TABLE t SET LOGGED; CREATE TABLE u (); ALTER TABLE u SET UNLOGGED",
    "CREATE TABLE t (a serial PRIMARY KEY); CREATE TABLE IF NOT EXISTS t (b int); CREATE VIEW v AS SELECT 1 AS a;
        CREATE TABLE IF NOT EXISTS v (b int); DROP TABLE IF EXISTS x, t",
    "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int REFERENCES t); CREATE VIEW v AS SELECT * FROM t;
        CREATE VIEW w AS SELECT * FROM v; CREATE VIEW x AS WITH t AS (SELECT 1) SELECT * FROM t; DROP TABLE t CASCADE",
    "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int REFERENCES t); ALTER TABLE t RENAME TO s;
        ALTER TABLE IF EXISTS nothing RENAME TO s; ALTER TABLE u ADD b int REFERENCES s",
    "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE TABLE u (a int);
        ALTER TABLE u ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        ALTER TABLE u DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (a > 0);
        CREATE POLICY q ON t; ALTER POLICY q ON t RENAME TO r; DROP POLICY p ON t; CREATE POLICY s ON u;
        ALTER POLICY s ON u USING (a > 1)",
    // Schemas and the search path
    "CREATE SCHEMA s; CREATE TABLE s.t (a serial PRIMARY KEY); CREATE TABLE t (a int REFERENCES s.t);
        SET LOCAL search_path = s, public; CREATE INDEX ON t (a); CREATE TABLE u (a int REFERENCES t);
        ALTER TABLE public.t ADD b int; SET search_path TO DEFAULT; ALTER TABLE t ADD c int REFERENCES t (c) , ADD UNIQUE (c)",
    "CREATE SCHEMA s; CREATE TABLE t (a serial PRIMARY KEY, b int); CREATE INDEX ON t (b); CREATE TABLE u (a int REFERENCES t);
        ALTER TABLE t SET SCHEMA s; ALTER SCHEMA s RENAME TO r; CREATE VIEW v AS SELECT * FROM r.t;
        ALTER VIEW v SET SCHEMA r; CREATE TYPE e AS ENUM ('a'); ALTER TABLE u ADD e e; ALTER TYPE e SET SCHEMA r",
    "CREATE SCHEMA s; CREATE TABLE s.t (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES s.t); CREATE DOMAIN s.d AS int;
        ALTER TABLE t ADD d s.d; CREATE VIEW v AS SELECT * FROM s.t; DROP SCHEMA s CASCADE",
    // Partitions and inheritance
    "CREATE TABLE p (a int, b text NOT NULL DEFAULT 'x', CHECK (a > 0), PRIMARY KEY (a, b)) PARTITION BY RANGE (a);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE TABLE pd PARTITION OF p DEFAULT;
        CREATE INDEX ON p (b); CREATE INDEX named ON p (a); CREATE TABLE r (a int UNIQUE);
        ALTER TABLE p ADD c int REFERENCES r (a), ADD CHECK (c > 0), ADD UNIQUE (a, c), ALTER b DROP DEFAULT;
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20); ALTER TABLE p RENAME c TO d",
    "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p DEFAULT;
        CREATE INDEX whole ON ONLY p (b); CREATE INDEX part ON p1 (b); ALTER INDEX whole ATTACH PARTITION part",
    "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p DEFAULT;
        CREATE INDEX whole ON ONLY p (b); CREATE INDEX other ON p1 (a)",
    "CREATE TABLE p (a int NOT NULL, b int) PARTITION BY LIST (a); CREATE INDEX ON p (b);
        ALTER TABLE p ADD PRIMARY KEY (a); CREATE TABLE p1 (a int NOT NULL, b int); CREATE INDEX own ON p1 (b);
        ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1); CREATE TABLE p2 (a int NOT NULL, b int);
        ALTER TABLE p ATTACH PARTITION p2 DEFAULT; ALTER TABLE p DETACH PARTITION p1; DROP TABLE p",
    "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT PARTITION BY LIST (a);
        CREATE TABLE p2 PARTITION OF p1 FOR VALUES IN (2); CREATE INDEX ON p (a); ALTER TABLE p ADD b int;
        ALTER TABLE p ALTER b SET NOT NULL, DROP CONSTRAINT IF EXISTS x; DROP INDEX p_a_idx",
    "CREATE TABLE q (a int PRIMARY KEY) PARTITION BY LIST (a); CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1);
        CREATE TABLE t (a int REFERENCES q)",
    "CREATE TABLE a (x int CHECK (x > 0), y int NOT NULL PRIMARY KEY); CREATE TABLE b (z int) INHERITS (a);
        ALTER TABLE a ADD w int; ALTER TABLE a ADD CONSTRAINT c CHECK (w > 0); CREATE INDEX ON a (w);
        ALTER TABLE a DROP CONSTRAINT a_x_check; ALTER TABLE a RENAME w TO v; ALTER TABLE b NO INHERIT a;
        ALTER TABLE a ADD u int",
    // Types
    "CREATE TYPE e AS ENUM ('a', 'b'); ALTER TYPE e ADD VALUE 'c'; ALTER TYPE e ADD VALUE IF NOT EXISTS 'a' BEFORE 'b';
        ALTER TYPE e RENAME VALUE 'b' TO 'd'; CREATE TABLE t (a e, b e[]); ALTER TYPE e RENAME TO f",
    "CREATE DOMAIN d AS text CHECK (VALUE <> ''); CREATE DOMAIN n AS int NOT NULL; CREATE DOMAIN p AS int;
        CREATE DOMAIN q AS int; ALTER DOMAIN p ADD CHECK (VALUE > 0); CREATE TABLE t (a d, b n, c p[]);
        ALTER DOMAIN d RENAME TO e; DROP DOMAIN q; DROP DOMAIN n CASCADE",
    "CREATE TYPE c AS (a int); CREATE TABLE t (a c, b int); ALTER TYPE c RENAME TO cc; DROP TYPE cc CASCADE",
    "CREATE EXTENSION citext; CREATE TABLE t (a citext)",
    // Everything else
    "CREATE VIEW v AS SELECT 1 AS a; CREATE OR REPLACE VIEW v AS SELECT 2 AS a; ALTER VIEW v RENAME TO w;
        CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE UNIQUE INDEX ON m (a); ALTER MATERIALIZED VIEW m RENAME TO n",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX i ON m (a); DROP MATERIALIZED VIEW m",
    "CREATE SEQUENCE s; CREATE SEQUENCE IF NOT EXISTS s; ALTER SEQUENCE s RENAME TO r; CREATE SEQUENCE d; DROP SEQUENCE d",
    "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f(); CREATE TRIGGER y AFTER INSERT ON t EXECUTE FUNCTION f();
        CREATE OR REPLACE TRIGGER y AFTER INSERT ON t EXECUTE FUNCTION f(); ALTER TRIGGER x ON t RENAME TO z;
        DROP TRIGGER y ON t",
    "DO $$ BEGIN CREATE TABLE t (a int); IF true THEN ALTER TABLE t ADD b int; END IF; END $$; ALTER TABLE t ADD c int",
    "CREATE TEMP TABLE t (a int); CREATE TABLE public.t (b int); ALTER TABLE t ADD c int; DROP TABLE t; ALTER TABLE t ADD d int",
];

/// Constraints are left out: SQLite does not tell them all.
#[test]
fn what_each_statement_changes_on_sqlite() {
    for script in SQLITE_SCRIPTS {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(script).unwrap_or_else(|error| panic!("{script}: {error}"));
        let mut lines = connection.prepare(SQLITE_CATALOG).unwrap();
        let lines = lines.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let database: BTreeSet<String> = lines.map(Result::unwrap).collect();
        let read = inspect::schema([*script], Engine::Sqlite).into_iter();
        let read: BTreeSet<String> = read.filter(|line| !line.starts_with("constraint ")).collect();
        let differences = differences(&database, &read);
        assert!(!database.is_empty() && differences.is_empty(), "{script}: {differences:#?}");
    }
}

/// In the words of `inspect::schema`. The key that is the row's number is never NULL, which SQLite does not say.
const SQLITE_CATALOG: &str = "
    WITH relation AS (SELECT type, lower(name) AS name, lower(tbl_name) AS owner FROM sqlite_schema)
    SELECT 'table main.' || name FROM relation WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
    UNION ALL
    SELECT 'column main.' || r.name || '.' || lower(c.name) || ' ' || replace(lower(c.type), ', ', ',')
        || iif(c.\"notnull\" OR c.pk AND lower(c.type) = 'integer'
            AND (SELECT count(*) FROM pragma_table_info(r.name) WHERE pk) = 1, ' not null', '')
        || iif(lower(c.dflt_value) <> 'null', ' default', '')
        || CASE c.hidden WHEN 2 THEN ' virtual' WHEN 3 THEN ' stored' ELSE '' END
    FROM relation r, pragma_table_xinfo(r.name) c WHERE r.type = 'table' AND r.name NOT LIKE 'sqlite_%'
    UNION ALL
    SELECT 'index main.' || lower(i.name) || ' on main.' || r.name || iif(i.\"unique\", ' unique', '') || ' ('
        || (SELECT group_concat(coalesce(lower(k.name), 'expression'), ', ') FROM pragma_index_xinfo(i.name) k WHERE k.key)
        || ')' || iif(i.partial, ' partial', '') || iif(i.origin <> 'c', ' of constraint', '')
    FROM relation r, pragma_index_list(r.name) i WHERE r.type = 'table'
    UNION ALL
    SELECT 'view main.' || name FROM relation WHERE type = 'view'
    UNION ALL
    SELECT 'trigger main.' || owner || ' ' || name FROM relation WHERE type = 'trigger'";

const SQLITE_SCRIPTS: &[&str] = &[
    "CREATE TABLE T (Id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x', b varchar(20) UNIQUE, c NUMERIC(10, 2),
        d DEFAULT NULL, e AS (a || b), f INT GENERATED ALWAYS AS (1) STORED, UNIQUE (a, b), CHECK (a <> b))",
    "CREATE TABLE t (a TEXT PRIMARY KEY, b INT, UNIQUE (b)); CREATE TABLE u (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
    "CREATE TABLE t (a INT, b INT); CREATE INDEX i ON t (a, b DESC); CREATE UNIQUE INDEX j ON t (abs(a)) WHERE b > 0;
        CREATE INDEX IF NOT EXISTS i ON t (b); CREATE INDEX k ON t (b); DROP INDEX k",
    "CREATE TABLE t (a INT, b INT); CREATE INDEX i ON t (a); ALTER TABLE t RENAME COLUMN a TO x;
        ALTER TABLE t ADD COLUMN c TEXT NOT NULL DEFAULT ''; ALTER TABLE t DROP COLUMN b; ALTER TABLE t RENAME TO u",
    "CREATE TABLE t (a INT); CREATE VIEW v AS SELECT * FROM t; CREATE VIEW w AS SELECT 1; DROP VIEW w;
        CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END; CREATE TRIGGER y AFTER DELETE ON t BEGIN SELECT 1; END;
        DROP TRIGGER y; CREATE TABLE IF NOT EXISTS t (z INT)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b); CREATE TABLE n (a INTEGER PRIMARY KEY,
        b TEXT NOT NULL); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t; CREATE INDEX i ON t (b)",
    "CREATE TEMP TABLE t (a INT); CREATE TABLE main.t (b INT); ALTER TABLE t ADD COLUMN c INT; DROP TABLE t",
    "CREATE TABLE t (a TEXT PRIMARY KEY) STRICT; CREATE TABLE u (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
        CREATE TABLE v (a INTEGER PRIMARY KEY, b INT) WITHOUT ROWID; CREATE TABLE w (a INTEGER PRIMARY KEY) STRICT",
];
