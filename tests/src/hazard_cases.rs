//! Statements and what they do to tables that are in use: the facts that classes and rules rest on.
//!
//! Pure data without a dependency. `tests/trace.rs` runs each statement on a real server and sees whether the locks
//! and the work are as written here.

/// The tables of an earlier migration, on which all cases stand.
pub const SETUP: &str = "
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN score AS int;
CREATE TYPE mood AS ENUM ('good');
CREATE TABLE r (id bigint PRIMARY KEY);
CREATE TABLE t (
    id bigint PRIMARY KEY,
    a int,
    b text,
    c varchar(50),
    k int NOT NULL,
    price numeric(10, 2),
    doc json,
    at timestamp,
    rating score
);
CREATE INDEX t_a ON t (a);
CREATE INDEX t_c ON t (c);
CREATE UNIQUE INDEX t_k ON t (k);
CREATE TABLE child (id bigint PRIMARY KEY, t_id bigint CONSTRAINT child_t REFERENCES t);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER child_note BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION note();
CREATE TABLE nopk (a int, k int NOT NULL);
CREATE UNIQUE INDEX nopk_a ON nopk (a);
CREATE UNIQUE INDEX nopk_k ON nopk (k);
CREATE TABLE checked (id bigint PRIMARY KEY, b text CONSTRAINT checked_b CHECK (b <> ''));
CREATE TABLE pending (
    id bigint PRIMARY KEY,
    a int,
    t_id bigint
);
ALTER TABLE pending ADD CONSTRAINT pending_a CHECK (a > 0) NOT VALID;
ALTER TABLE pending ADD CONSTRAINT pending_t FOREIGN KEY (t_id) REFERENCES t NOT VALID;
CREATE TABLE plain (id bigint PRIMARY KEY, a int);
CREATE TABLE p (id bigint, a int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE pdef PARTITION OF p DEFAULT;
CREATE TABLE q (id bigint, a int) PARTITION BY RANGE (id);
CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (100);
CREATE TABLE q2 (id bigint, a int);
CREATE TABLE p2 (id bigint, a int);
CREATE VIEW t_view AS SELECT id, a FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT id, a FROM t;
CREATE SCHEMA elsewhere;
";

/// A migration of one or more statements, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What an earlier migration has done besides [`SETUP`]; mostly nothing.
    pub given: &'static str,
    /// The migration.
    pub sql: &'static str,
    /// Whether it runs in a transaction; `-- migrate: no-transaction` otherwise.
    pub transaction: bool,
    /// The strongest lock on each relation that was there before, `table:MODE` with a space between, in the order
    /// of the names; of indexes only `AEL`, where their table has none. Modes: `RS` ROW SHARE, `RX` ROW EXCLUSIVE,
    /// `SUE` SHARE UPDATE EXCLUSIVE, `S` SHARE, `SRE` SHARE ROW EXCLUSIVE, `X` EXCLUSIVE, `AEL` ACCESS EXCLUSIVE.
    pub locks: &'static str,
    /// What grows with the table: `rewrite t`, `index t`, `scan t`, with a comma between. What is rewritten is indexed
    /// and scanned as well, and what is indexed is scanned.
    pub work: &'static str,
    /// The class that a rule must give it: `safe`, `controlled` or `high`.
    pub class: &'static str,
    /// The rule that says so; nothing where it is safe.
    pub rule: &'static str,
    /// The code of the error that the server answers on the empty tables of [`SETUP`].
    pub fails: Option<&'static str>,
}

const fn case(
    sql: &'static str,
    locks: &'static str,
    work: &'static str,
    class: &'static str,
    rule: &'static str,
) -> Case {
    Case { given: "", sql, transaction: true, locks, work, class, rule, fails: None }
}

impl Case {
    const fn given(self, given: &'static str) -> Case {
        Case { given, ..self }
    }

    const fn alone(self) -> Case {
        Case { transaction: false, ..self }
    }

    const fn fails(self, code: &'static str) -> Case {
        Case { fails: Some(code), ..self }
    }
}

/// The cases.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    // Columns that are added
    case("ALTER TABLE t ADD COLUMN n int", "t:AEL", "", "safe", ""),
    case("ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 5", "t:AEL", "", "safe", ""),
    case("ALTER TABLE t ADD COLUMN n timestamptz DEFAULT now()", "t:AEL", "", "safe", ""),
    case("ALTER TABLE t ADD COLUMN n text DEFAULT concat('a', 'b')", "t:AEL", "", "safe", ""),
    // The server looks for a row, and fails as soon as it meets one.
    case("ALTER TABLE t ADD COLUMN n int NOT NULL", "t:AEL", "scan t", "high", "required-column"),
    case("ALTER TABLE t ADD COLUMN n timestamptz DEFAULT clock_timestamp()", "t:AEL", "rewrite t", "high", "volatile-default"),
    case("ALTER TABLE t ADD COLUMN n float8 DEFAULT random()", "t:AEL", "rewrite t", "high", "volatile-default"),
    case("ALTER TABLE t ADD COLUMN n uuid DEFAULT gen_random_uuid()", "t:AEL", "rewrite t", "high", "volatile-default"),
    case("ALTER TABLE t ADD COLUMN n bigint DEFAULT nextval('numbers')", "t:AEL", "rewrite t", "high", "volatile-default").given("CREATE SEQUENCE numbers"),
    case("ALTER TABLE t ADD COLUMN n bigserial", "t:AEL", "rewrite t", "high", "serial-column"),
    case("ALTER TABLE t ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY", "t:AEL", "rewrite t", "high", "serial-column"),
    case("ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (a + 1) STORED", "t:AEL", "rewrite t", "high", "stored-column"),
    case("ALTER TABLE t ADD COLUMN n text UNIQUE", "t:AEL", "index t", "high", "inline-unique"),
    case("ALTER TABLE t ADD COLUMN n int CHECK (n > 0)", "t:AEL", "scan t", "high", "inline-check"),
    case("ALTER TABLE t ADD COLUMN n bigint REFERENCES r", "r:SRE t:AEL", "", "controlled", "fk-two-tables"),
    case("ALTER TABLE t ADD COLUMN n bigint DEFAULT 1 REFERENCES r", "r:SRE t:AEL", "scan t", "high", "fk-validate"),
    case("ALTER TABLE t ADD COLUMN n positive", "t:AEL", "rewrite t", "high", "constrained-domain"),

    // Columns that go
    case("ALTER TABLE t DROP COLUMN b", "t:AEL", "", "high", "drop-column"),
    case("ALTER TABLE child DROP COLUMN t_id", "child:AEL t:AEL", "", "high", "drop-column"),

    // Columns that change their type
    case("ALTER TABLE t ALTER COLUMN k TYPE bigint", "t:AEL", "rewrite t", "high", "type-rewrite"),
    case("ALTER TABLE t ALTER COLUMN c TYPE varchar(20)", "t:AEL", "rewrite t", "high", "type-rewrite"),
    case("ALTER TABLE t ALTER COLUMN price TYPE numeric(10, 4)", "t:AEL", "rewrite t", "high", "type-rewrite"),
    case("ALTER TABLE t ALTER COLUMN doc TYPE jsonb", "t:AEL", "rewrite t", "high", "type-rewrite"),
    case("SET LOCAL TimeZone = 'Europe/Berlin'; ALTER TABLE t ALTER COLUMN at TYPE timestamptz", "t:AEL", "rewrite t", "high", "type-rewrite"),
    case("ALTER TABLE t ALTER COLUMN c TYPE varchar(100)", "t:AEL", "", "safe", ""),
    case("ALTER TABLE t ALTER COLUMN c TYPE text", "t:AEL", "", "safe", ""),
    case("ALTER TABLE t ALTER COLUMN price TYPE numeric(12, 2)", "t:AEL", "", "safe", ""),
    case("ALTER TABLE t ALTER COLUMN c TYPE text COLLATE \"C\"", "t:AEL", "index t", "high", "type-reindex"),
    case("ALTER TABLE checked ALTER COLUMN b TYPE varchar", "checked:AEL", "scan checked", "high", "type-recheck"),

    // Not null
    case("ALTER TABLE t ALTER COLUMN b SET NOT NULL", "t:AEL", "scan t", "high", "set-not-null"),
    case("ALTER TABLE t ALTER COLUMN b SET NOT NULL", "t:AEL", "", "controlled", "set-not-null").given("ALTER TABLE t ADD CONSTRAINT b_set CHECK (b IS NOT NULL)"),

    // Constraints
    case("ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0)", "t:AEL", "scan t", "high", "check-validate"),
    case("ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0) NOT VALID", "t:AEL", "", "controlled", "new-write-limit"),
    case("ALTER TABLE pending VALIDATE CONSTRAINT pending_a", "pending:SUE", "scan pending", "controlled", "long-validate"),
    case("ALTER TABLE pending VALIDATE CONSTRAINT pending_t", "pending:SUE t:RS", "scan pending", "controlled", "long-validate"),
    case("ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT a_positive", "t:AEL", "scan t", "high", "lock-then-work"),
    case("ALTER TABLE t ADD CONSTRAINT t_r FOREIGN KEY (id) REFERENCES r", "r:SRE t:SRE", "scan t", "high", "fk-validate"),
    case("ALTER TABLE t ADD CONSTRAINT t_r FOREIGN KEY (id) REFERENCES r NOT VALID", "r:SRE t:SRE", "", "controlled", "fk-two-tables"),
    case("ALTER TABLE t ADD CONSTRAINT t_a_unique UNIQUE (a)", "t:AEL", "index t", "high", "unique-build"),
    case("ALTER TABLE t ADD CONSTRAINT t_k_unique UNIQUE USING INDEX t_k", "t:AEL", "", "controlled", "short-ael"),
    case("ALTER TABLE nopk ADD CONSTRAINT nopk_pk PRIMARY KEY USING INDEX nopk_k", "nopk:AEL", "", "controlled", "short-ael"),
    case("ALTER TABLE nopk ADD CONSTRAINT nopk_pk PRIMARY KEY USING INDEX nopk_a", "nopk:AEL", "scan nopk", "high", "pk-nullable"),
    case("ALTER TABLE t ADD CONSTRAINT a_alone EXCLUDE USING btree (a WITH =)", "t:AEL", "index t", "high", "exclude-build"),
    case("ALTER TABLE child DROP CONSTRAINT child_t", "child:AEL t:AEL", "", "controlled", "fk-two-tables"),
    case("CREATE TABLE new (id bigint PRIMARY KEY, t_id bigint REFERENCES t)", "t:SRE", "", "controlled", "fk-two-tables"),

    // Indexes
    case("CREATE INDEX t_b ON t (b)", "t:S", "index t", "high", "index-blocking"),
    case("CREATE INDEX CONCURRENTLY t_b ON t (b)", "t:SUE", "index t", "controlled", "index-concurrent").alone(),
    case("DROP INDEX t_a", "t:AEL", "", "controlled", "index-drop"),
    case("DROP INDEX CONCURRENTLY t_a", "t:SUE", "", "controlled", "index-drop").alone(),
    case("DROP TABLE plain; DROP INDEX IF EXISTS plain_a", "plain:AEL", "", "high", "drop-table").given("CREATE INDEX plain_a ON plain (a)"),
    case("DROP INDEX IF EXISTS gone_a; DROP TABLE IF EXISTS gone", "", "", "safe", "").given("CREATE TABLE gone (a int); CREATE INDEX gone_a ON gone (a); DROP TABLE gone"),
    case("ALTER TABLE t DROP CONSTRAINT IF EXISTS nothing, DROP COLUMN IF EXISTS nothing", "t:AEL", "", "safe", ""),
    case("ALTER TABLE child DROP CONSTRAINT IF EXISTS child_t", "child:AEL t:AEL", "", "controlled", "fk-two-tables"),
    case("ALTER TABLE child ALTER CONSTRAINT child_t DEFERRABLE", "child:AEL", "", "controlled", "short-ael"),
    case("ALTER TABLE child ALTER CONSTRAINT child_t DEFERRABLE INITIALLY DEFERRED", "child:AEL", "", "controlled", "short-ael"),
    // Readers wait as well: their planner opens every index of the table.
    case("REINDEX TABLE t", "t:S t_a:AEL t_c:AEL t_k:AEL t_pkey:AEL", "index t", "high", "reindex-blocking"),
    case("CREATE INDEX p_a ON p (a)", "p:S p1:S pdef:S", "index p1, index pdef", "high", "index-partitioned"),
    case("CREATE INDEX p_a ON p (a)", "p:S p1:S pdef:S", "", "controlled", "index-partitioned").given("CREATE INDEX p1_a ON p1 (a); CREATE INDEX pdef_a ON pdef (a)"),
    case("CREATE INDEX p_a ON p (a)", "p:S p1:S pdef:S", "index p1", "high", "index-partitioned").given("CREATE INDEX p1_a ON p1 USING hash (a); CREATE INDEX pdef_a ON pdef (a)"),
    case("CREATE INDEX CONCURRENTLY p_a ON p (a)", "", "", "high", "index-partitioned").alone().fails("0A000"),
    case("CREATE INDEX CONCURRENTLY t_b ON t (b)", "", "", "high", "concurrently-in-tx").fails("25001"),

    // Whole tables
    case("CLUSTER t USING t_pkey", "t:AEL", "rewrite t", "high", "table-rewrite"),
    case("VACUUM FULL t", "t:AEL", "rewrite t", "high", "table-rewrite").alone(),
    case("ALTER TABLE plain SET UNLOGGED", "plain:AEL", "rewrite plain", "high", "table-rewrite"),
    case("ALTER TABLE plain SET LOGGED", "plain:AEL", "rewrite plain", "high", "table-rewrite").given("ALTER TABLE plain SET UNLOGGED"),
    case("TRUNCATE child", "child:AEL", "rewrite child", "high", "truncate"),
    case("DROP TABLE child", "child:AEL t:AEL", "", "high", "drop-table"),
    case("UPDATE t SET b = 'x'", "t:RX", "scan t", "high", "unbounded-dml"),
    case("DELETE FROM plain", "plain:RX", "scan plain", "high", "unbounded-dml"),
    case("ALTER TABLE t ADD COLUMN n int; UPDATE t SET n = 1", "t:AEL", "scan t", "high", "lock-then-work"),
    case("ALTER TABLE t RENAME COLUMN b TO bb", "t:AEL", "", "high", "rename"),
    case("ALTER TABLE t RENAME TO tt", "t:AEL", "", "high", "rename"),
    case("ALTER TABLE t SET SCHEMA elsewhere", "t:AEL", "", "high", "rename"),
    case("LOCK TABLE t", "t:AEL", "", "high", "explicit-lock"),
    case("DO $$ BEGIN ALTER TABLE t DROP COLUMN b; END $$", "t:AEL", "", "high", "hidden-ddl"),

    // Triggers, rights, settings
    case("CREATE TRIGGER t_note BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()", "t:SRE", "", "controlled", "trigger"),
    case("DROP FUNCTION note() CASCADE", "child:AEL", "", "high", "drop-cascade"),
    case("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "t:AEL", "", "high", "rls-enable"),
    case("ALTER TABLE t SET (fillfactor = 90)", "t:SUE", "", "safe", ""),
    case("ALTER TABLE t ALTER COLUMN a SET STATISTICS 500", "t:SUE", "", "safe", ""),
    case("COMMENT ON TABLE t IS 'x'", "t:SUE", "", "safe", ""),
    case("ANALYZE t", "t:SUE", "", "safe", ""),
    case("ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL", "t:AEL", "", "controlled", "short-ael"),
    case("ALTER TABLE t REPLICA IDENTITY FULL", "t:AEL", "", "controlled", "short-ael"),
    case("ALTER TABLE t OWNER TO CURRENT_USER", "t:AEL", "", "controlled", "short-ael"),

    // Partitions
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "scan q2", "high", "attach-scan"),
    case("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (100) TO (200)", "p:SUE p2:AEL pdef:AEL", "scan p2, scan pdef", "high", "default-partition-scan"),
    // A CHECK is a proof if it implies the bounds, and that no value is NULL.
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "", "safe", "").given("ALTER TABLE q2 ADD CHECK (id IS NOT NULL AND id >= 100 AND id < 200)"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "", "safe", "").given("ALTER TABLE q2 ALTER COLUMN id SET NOT NULL, ADD CHECK (id BETWEEN 100 AND 199)"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "", "safe", "").given("ALTER TABLE q2 ALTER COLUMN id SET NOT NULL, ADD CHECK (id IN (100, 150))"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "", "safe", "").given("ALTER TABLE q2 ALTER COLUMN id SET NOT NULL, ADD CHECK (150 <= id AND (id < 170 OR id = 180))"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "scan q2", "high", "attach-scan").given("ALTER TABLE q2 ADD CHECK (id >= 100 AND id < 200)"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "scan q2", "high", "attach-scan").given("ALTER TABLE q2 ADD CHECK (id IS NOT NULL AND id >= 100 AND id <= 200)"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "scan q2", "high", "attach-scan").given("ALTER TABLE q2 ADD CHECK (id IS NOT NULL AND id > 99 AND id < 200)"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "scan q2", "high", "attach-scan").given("ALTER TABLE q2 ADD CHECK (id IS NOT NULL AND id >= 100)"),
    case("ALTER TABLE q ATTACH PARTITION q2 FOR VALUES FROM (100) TO (200)", "q:SUE q2:AEL", "scan q2", "high", "attach-scan").given("ALTER TABLE q2 ADD CHECK (a > 0)"),
    case("ALTER TABLE l ATTACH PARTITION l1 FOR VALUES IN ('a', 'b', 'c')", "l:SUE l1:AEL", "", "safe", "").given("CREATE TABLE l (k text) PARTITION BY LIST (k); CREATE TABLE l1 (k text NOT NULL CHECK (k IN ('a', 'b')))"),
    case("ALTER TABLE l ATTACH PARTITION l1 FOR VALUES IN ('a')", "l:SUE l1:AEL", "scan l1", "high", "attach-scan").given("CREATE TABLE l (k text) PARTITION BY LIST (k); CREATE TABLE l1 (k text NOT NULL CHECK (k IN ('a', 'b')))"),
    case("ALTER TABLE d ATTACH PARTITION d1 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')", "d:SUE d1:AEL", "", "safe", "").given("CREATE TABLE d (at date) PARTITION BY RANGE (at); CREATE TABLE d1 (at date NOT NULL CHECK (at >= '2026-01-01' AND at < '2027-01-01'))"),
    case("ALTER TABLE d ATTACH PARTITION d1 FOR VALUES FROM ('2026-02-01') TO (MAXVALUE)", "d:SUE d1:AEL", "scan d1", "high", "attach-scan").given("CREATE TABLE d (at date) PARTITION BY RANGE (at); CREATE TABLE d1 (at date NOT NULL CHECK (at >= '2026-01-01' AND at < '2027-01-01'))"),
    case("CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (100) TO (200)", "p:AEL pdef:AEL", "", "controlled", "short-ael").given("ALTER TABLE pdef ADD CHECK (id < 100 OR id >= 200)"),
    case("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (100) TO (200)", "p:SUE p2:AEL pdef:AEL", "scan p2", "high", "attach-scan").given("ALTER TABLE pdef ADD CHECK (id < 100 OR id >= 200)"),
    case("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (100) TO (200)", "p:SUE p2:AEL pdef:AEL", "scan p2, scan pdef", "high", "default-partition-scan").given("ALTER TABLE pdef ADD CHECK (id < 150 OR id >= 200)"),
    case("CREATE TABLE q3 PARTITION OF q FOR VALUES FROM (200) TO (300)", "q:AEL", "", "controlled", "short-ael"),
    case("ALTER TABLE q DETACH PARTITION q1", "q:AEL q1:AEL", "", "controlled", "detach-blocking"),

    // Types and views
    case("ALTER TYPE mood ADD VALUE 'bad'; ALTER TABLE t ADD COLUMN m mood DEFAULT 'bad'", "", "", "high", "enum-same-tx").fails("55P04"),
    case("ALTER DOMAIN score ADD CONSTRAINT low CHECK (VALUE < 10)", "t:S", "scan t", "high", "domain-validate"),
    case("ALTER DOMAIN score SET NOT NULL", "t:S", "scan t", "high", "domain-validate"),
    case("REFRESH MATERIALIZED VIEW mv", "mv:AEL", "rewrite mv, scan t", "high", "matview-refresh"),
];
