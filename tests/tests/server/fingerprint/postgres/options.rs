//! Options: what the manual names and a user can set is a part of the schema, what a server keeps among them is not.

use migrate::Migrator;
use migrate::schema::{Drift, Dump, Fingerprint};
use migrate_tests::{Folder, version};
use tokio_postgres::Client;

use super::{database, read, run, set};

/// A table, a view and an index of each kind that has options.
const OBJECTS: &str = "
    CREATE TABLE t (id integer, note text, during int4range, words tsvector);
    CREATE VIEW v AS SELECT id FROM t;
    CREATE MATERIALIZED VIEW m AS SELECT note FROM t;
    CREATE INDEX by_btree ON t (id);
    CREATE INDEX by_hash ON t USING hash (id);
    CREATE INDEX by_gist ON t USING gist (during);
    CREATE INDEX by_spgist ON t USING spgist (note);
    CREATE INDEX by_gin ON t USING gin (words);
    CREATE INDEX by_brin ON t USING brin (id);
    ALTER TABLE t ADD CONSTRAINT keyed PRIMARY KEY (id);
    ALTER TABLE t ADD CONSTRAINT apart EXCLUDE USING gist (during WITH &&) WHERE (id > 0) DEFERRABLE;";

/// For tables, in the order in which they are reported.
const OF_TABLES: &str = "autovacuum_analyze_scale_factor=0.5, autovacuum_analyze_threshold=5, autovacuum_enabled=off, \
    autovacuum_freeze_max_age=100000, autovacuum_freeze_min_age=5, autovacuum_freeze_table_age=5, \
    autovacuum_multixact_freeze_max_age=10000, autovacuum_multixact_freeze_min_age=5, \
    autovacuum_multixact_freeze_table_age=5, autovacuum_vacuum_cost_delay=5, autovacuum_vacuum_cost_limit=5, \
    autovacuum_vacuum_insert_scale_factor=0.5, autovacuum_vacuum_insert_threshold=5, autovacuum_vacuum_scale_factor=0.5, \
    autovacuum_vacuum_threshold=5, fillfactor=70, log_autovacuum_min_duration=5, parallel_workers=5, \
    toast.autovacuum_enabled=off, toast.autovacuum_freeze_max_age=100000, toast.autovacuum_freeze_min_age=5, \
    toast.autovacuum_freeze_table_age=5, toast.autovacuum_multixact_freeze_max_age=10000, \
    toast.autovacuum_multixact_freeze_min_age=5, toast.autovacuum_multixact_freeze_table_age=5, \
    toast.autovacuum_vacuum_cost_delay=5, toast.autovacuum_vacuum_cost_limit=5, \
    toast.autovacuum_vacuum_insert_scale_factor=0.5, toast.autovacuum_vacuum_insert_threshold=5, \
    toast.autovacuum_vacuum_scale_factor=0.5, toast.autovacuum_vacuum_threshold=5, toast.log_autovacuum_min_duration=5, \
    toast.vacuum_index_cleanup=off, toast.vacuum_truncate=off, toast_tuple_target=500, user_catalog_table=true, \
    vacuum_index_cleanup=off, vacuum_truncate=off";
const OF_NEWER_TABLES: &str = "autovacuum_vacuum_max_threshold=5, toast.autovacuum_vacuum_max_threshold=5, \
    toast.vacuum_max_eager_freeze_failure_rate=0.5, vacuum_max_eager_freeze_failure_rate=0.5";

/// What has options, the first major version of the server with these, and they themselves.
const DOCUMENTED: [(&str, u32, &str); 14] = [
    ("TABLE t ALTER id", 14, "n_distinct=5, n_distinct_inherited=-0.5"),
    ("MATERIALIZED VIEW m ALTER note", 14, "n_distinct=5, n_distinct_inherited=-0.5"),
    ("TABLE t", 14, OF_TABLES),
    ("TABLE t", 18, OF_NEWER_TABLES),
    ("MATERIALIZED VIEW m", 14, OF_TABLES),
    ("MATERIALIZED VIEW m", 18, OF_NEWER_TABLES),
    ("VIEW v", 14, "check_option=cascaded, security_barrier=true"),
    ("VIEW v", 15, "security_invoker=true"),
    ("INDEX by_btree", 14, "deduplicate_items=off, fillfactor=70"),
    ("INDEX by_hash", 14, "fillfactor=70"),
    ("INDEX by_gist", 14, "buffering=off, fillfactor=70"),
    ("INDEX by_spgist", 14, "fillfactor=70"),
    ("INDEX by_gin", 14, "fastupdate=off, gin_pending_list_limit=64"),
    ("INDEX by_brin", 14, "autosummarize=on, pages_per_range=5"),
];

#[tokio::test]
async fn those_of_the_manual_are_told_on_each_version_that_has_them() {
    let (database, mut client) = database("documented").await;
    let major = migrate::testing::Server::shared().unwrap().version_num().await.unwrap() / 10_000;
    run(&client, OBJECTS).await;
    let before = read(&mut client).await;
    for (object, since, options) in DOCUMENTED {
        let names: Vec<&str> = options.split(", ").map(|option| option.split_once('=').unwrap().0).collect();
        let change = format!("ALTER {object} SET ({options})");
        if major < since {
            let error = client.batch_execute(&change).await.unwrap_err().to_string();
            assert!(error.contains("db error"), "{change}: {error}");
            continue;
        }
        run(&client, &change).await;
        // The definition of an index has quotes where SQL needs them.
        let told = format!("{:?}", read(&mut client).await.objects()).replace('\'', "");
        assert!(told.contains(options), "{change}\n{told}");
        run(&client, &format!("ALTER {object} RESET ({})", names.join(", "))).await;
        let told = before.diff(&read(&mut client).await).to_string();
        assert_eq!(told, "no difference", "{object}");
    }
    drop(database);
}

/// Everything that has options, with some set, and not by a default operator class alone.
const WITH_OPTIONS: &str = "
    ALTER TABLE t SET (fillfactor = 70, toast.autovacuum_enabled = off), ALTER note SET (n_distinct = 5);
    ALTER VIEW v SET (security_barrier);
    ALTER INDEX by_btree SET (fillfactor = 70);
    ALTER INDEX keyed SET (fillfactor = 70);
    ALTER INDEX apart SET (fillfactor = 70);
    CREATE INDEX by_words ON t USING gist (words tsvector_ops (siglen = 100), during) WITH (fillfactor = 80) WHERE id > 0;
    CREATE INDEX by_plain_words ON t USING gist (words, during);
    CREATE TABLE p (id bigint, note text) PARTITION BY RANGE (id);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9) WITH (fillfactor = 70);
    CREATE INDEX by_part ON p (id) WITH (fillfactor = 70);
    CREATE TABLE heir (extra text) INHERITS (t);
    CREATE TYPE pair AS (a integer, b integer);";

/// A stamp of the server's own on each relation and each column, in the place of one from before.
fn stamp(value: &str) -> String {
    let stamped = |array: &str| {
        format!(
            "ARRAY(SELECT o FROM unnest({array}) o WHERE o !~ '^pg_stamp') || '{{pg_stamp={value},\"pg_stamped by=it''s {value}\"}}'::text[]"
        )
    };
    let ours =
        "SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ '^migrate_'";
    format!(
        "UPDATE pg_class SET reloptions = {} WHERE relkind NOT IN ('c', 'S') AND oid IN ({ours} UNION ALL
            SELECT reltoastrelid FROM pg_class WHERE oid IN ({ours}) AND reltoastrelid <> 0);
        UPDATE pg_attribute SET attoptions = {} WHERE attnum > 0 AND attrelid IN ({ours} AND relkind NOT IN ('i', 'I'));
        -- The operator class of another column of an index would refuse an option.
        UPDATE pg_attribute SET attoptions = {} WHERE attnum = 1
            AND attrelid IN ('by_words'::regclass, 'by_plain_words'::regclass);",
        stamped("reloptions"),
        stamped("attoptions"),
        stamped("attoptions")
    )
}

async fn schema(client: &mut Client) -> (Fingerprint, Dump) {
    let dump = Migrator::new(&set()).dump(&mut *client).await.unwrap();
    (read(client).await, dump)
}

#[tokio::test]
async fn those_of_the_server_are_no_part_of_a_schema() {
    let (database, mut client) = database("undocumented").await;
    run(&client, OBJECTS).await;
    run(&client, WITH_OPTIONS).await;
    let (before, dump) = schema(&mut client).await;
    for option in ["n_distinct", "siglen", "security_barrier", "toast.autovacuum_enabled", "fillfactor"] {
        assert!(dump.sql.contains(option), "{option}\n{}", dump.sql);
    }
    for value in ["1", "2"] {
        run(&client, &stamp(value)).await;
        let (after, dump_after) = schema(&mut client).await;
        assert_eq!(before.diff(&after).to_string(), "no difference");
        assert_eq!(before.digest(), after.digest());
        assert_eq!(dump, dump_after);
    }
    let stamped = "SELECT count(*) FROM pg_class WHERE reloptions::text ~ 'pg_stamp=2'";
    let stamped: i64 = client.query_one(stamped, &[]).await.unwrap().get(0);
    assert!(stamped > 15, "{stamped}");
    drop(database);
}

/// Whoever brings an access method says what its options are, and a foreign data wrapper takes what its users write.
#[tokio::test]
async fn those_of_an_extension_are_told() {
    let (database, mut client) = database("extension").await;
    run(&client, "CREATE EXTENSION bloom; CREATE TABLE t (id integer, note text)").await;
    run(
        &client,
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE FOREIGN TABLE far (id integer OPTIONS (pg_own 'x')) SERVER s OPTIONS (pg_other 'y')",
    )
    .await;
    run(&client, "CREATE INDEX b ON t USING bloom (id, note) WITH (length = 80, col1 = 4)").await;
    run(&client, "CREATE FUNCTION f() RETURNS integer LANGUAGE sql SET app.mode = 'x' AS 'SELECT 1'").await;
    let fingerprint = read(&mut client).await;
    let told = format!("{:?}", fingerprint.objects());
    for option in ["length='80'", "col1='4'", "pg_own=x", "pg_other=y", "SET \\\"app.mode\\\" TO 'x'"] {
        assert!(told.contains(option) || told.contains(&option.replace("\\\"", "")), "{option}\n{told}");
    }
    drop(database);
}

async fn drift(client: &mut Client, migrator: &Migrator<'_>) -> String {
    match migrator.drift(client).await.unwrap() {
        Drift::Known { difference } => difference.to_string(),
        drift => panic!("{drift:?}"),
    }
}

const NO_DRIFT: &str = "no difference";

/// The minor version that comes stamps what the one before did not, or otherwise.
#[tokio::test]
async fn an_upgrade_of_the_server_is_no_drift() {
    let (database, mut client) = database("upgrade").await;
    let folder = Folder::new(migrate::Dialect::Postgres).table(1, "a").table(2, "b");
    let set = folder
        .migration("3_all", &[OBJECTS, WITH_OPTIONS].concat(), "DROP TABLE t CASCADE")
        .migration("4_last", "ALTER TABLE t ADD last text", "ALTER TABLE t DROP last")
        .set();
    let migrator = Migrator::new(&set);
    migrator.migrate_to(&mut client, version(3)).await.unwrap();
    for value in ["1", "2"] {
        run(&client, &stamp(value)).await;
        assert_eq!(drift(&mut client, &migrator).await, NO_DRIFT);
    }
    migrator.migrate(&mut client).await.unwrap();
    assert_eq!(drift(&mut client, &migrator).await, NO_DRIFT);
    migrator.rollback(&mut client, 1).await.unwrap();
    run(&client, &stamp("3")).await;
    assert_eq!(drift(&mut client, &migrator).await, NO_DRIFT);
    // This server would not take its own stamp.
    let change = "UPDATE pg_attribute SET attoptions = '{pg_stamp=4,n_distinct=6}'
        WHERE attrelid = 't'::regclass AND attname = 'note'";
    run(&client, change).await;
    let by_hand = "changed  column public.t.note: options n_distinct=5 → n_distinct=6";
    assert_eq!(drift(&mut client, &migrator).await, by_hand);
    drop(database);
}

/// So the library kept the columns of a server that stamps them, before it left that out.
const AS_KEPT_BEFORE: &str = "
    UPDATE migrate_schema SET value = value || ', pg_attver=7' WHERE kind = 'column' AND property = 'options';
    INSERT INTO migrate_schema
    SELECT DISTINCT 'kept', 'column', 'public', attrelid::regclass::text, attname::text, 'options', 'pg_attver=7'
    FROM pg_attribute WHERE attnum > 0 AND attrelid IN ('a'::regclass, 'v'::regclass, 't'::regclass)
        AND attname <> 'note';";

#[tokio::test]
async fn what_was_kept_with_an_option_of_the_server_is_no_drift() {
    let (database, mut client) = database("kept_before").await;
    let folder = Folder::new(migrate::Dialect::Postgres).table(1, "a").migration(
        "2_all",
        "CREATE TABLE t (id bigint, note text, more text); ALTER TABLE t ALTER note SET (n_distinct = 5);
        CREATE VIEW v AS SELECT id FROM t",
        "DROP TABLE t CASCADE",
    );
    let set = folder.table(3, "b").table(4, "c").set();
    let migrator = Migrator::new(&set);
    migrator.migrate_to(&mut client, version(2)).await.unwrap();
    run(&client, AS_KEPT_BEFORE).await;
    assert_eq!(drift(&mut client, &migrator).await, NO_DRIFT);
    // What is changed by hand still is, before a run and after it.
    run(&client, "ALTER TABLE t ALTER note SET (n_distinct = 6), ALTER more SET (n_distinct = 7)").await;
    let by_hand = "changed  column public.t.more: options none → n_distinct=7\n\
                   changed  column public.t.note: options n_distinct=5 → n_distinct=6";
    assert_eq!(drift(&mut client, &migrator).await, by_hand);
    // Noted before a run that was killed then, with what the server had at that time.
    let noted = "INSERT INTO migrate_schema VALUES ('added', 'column', 'public', 'a', 'id', 'options', 'pg_attver=9'),
        ('removed', 'column', 'public', 'a', 'id', 'options', 'pg_attver=7')";
    run(&client, noted).await;
    migrator.migrate_to(&mut client, version(3)).await.unwrap();
    assert_eq!(drift(&mut client, &migrator).await, by_hand);
    let left = "SELECT coalesce(string_agg(migrate_schema::text, ' '), '') FROM migrate_schema WHERE value ~ 'pg_attver'";
    let left: String = client.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, "");
    run(&client, "ALTER TABLE t ALTER note SET (n_distinct = 5), ALTER more RESET (n_distinct)").await;
    migrator.migrate(&mut client).await.unwrap();
    assert_eq!(drift(&mut client, &migrator).await, NO_DRIFT);
    drop(database);
}
