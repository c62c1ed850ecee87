//! The schema is read while others change it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use migrate::schema::{Difference, Drift, Fingerprint, ObjectKind};
use migrate::testing::TestDatabase;
use migrate::{Migrator, Progress};
use tokio::time::sleep;
use tokio_postgres::Client;

use crate::database::{self, until_row};
use crate::folder::{Folder, postgres};

/// Reading its definition takes a lock, and comes before most else that is read.
const GATE: &str = "CREATE VIEW gate AS SELECT 1 AS n";
const LOCK_GATE: &str = "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE";
const READER_WAITS: &str = "SELECT pid FROM pg_locks WHERE mode = 'AccessShareLock' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// What others create, and how they drop it.
type Case = (&'static str, &'static str);
const DROPPED: [Case; 15] = [
    ("CREATE VIEW v AS SELECT 1 AS n; COMMENT ON VIEW v IS 'a view'", "DROP VIEW v"),
    ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS n; CREATE INDEX v_n ON v (n)", "DROP MATERIALIZED VIEW v"),
    ("CREATE TABLE t (id bigint DEFAULT 7, twice bigint GENERATED ALWAYS AS (id * 2) STORED)", "DROP TABLE t"),
    ("CREATE TABLE t (id bigserial PRIMARY KEY, other bigint GENERATED ALWAYS AS IDENTITY)", "DROP TABLE t"),
    ("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (mood mood)", "DROP TABLE t; DROP TYPE mood"),
    (
        "CREATE TABLE t (id bigint) PARTITION BY RANGE (id); CREATE INDEX t_id ON t (id);
        CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1) TO (2)",
        "DROP TABLE t",
    ),
    ("CREATE TABLE t (id bigint); CREATE TABLE child () INHERITS (t)", "DROP TABLE t CASCADE"),
    ("ALTER TABLE base ADD CONSTRAINT positive CHECK (id > 0)", "ALTER TABLE base DROP CONSTRAINT positive"),
    ("CREATE INDEX base_id ON base (id); COMMENT ON INDEX base_id IS 'an index'", "DROP INDEX base_id"),
    (
        "CREATE TRIGGER t BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION
        suppress_redundant_updates_trigger(); COMMENT ON TRIGGER t ON base IS 'a trigger'",
        "DROP TRIGGER t ON base",
    ),
    ("CREATE RULE r AS ON DELETE TO base DO INSTEAD NOTHING", "DROP RULE r ON base"),
    ("CREATE TABLE t (id bigint); CREATE POLICY p ON t USING (id > 0)", "DROP TABLE t"),
    ("CREATE STATISTICS s ON id, n FROM base", "DROP STATISTICS s"),
    (
        "CREATE FUNCTION f(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT n'; COMMENT ON FUNCTION f IS 'a function';
        GRANT EXECUTE ON FUNCTION f TO CURRENT_USER",
        "DROP FUNCTION f",
    ),
    ("CREATE DOMAIN d AS bigint CHECK (VALUE > 0); CREATE TYPE c AS (d d)", "DROP TYPE c; DROP DOMAIN d"),
];

struct Changing {
    database: TestDatabase,
    pool: deadpool_postgres::Pool,
    other: Client,
    watcher: Client,
}

impl Changing {
    async fn start() -> Changing {
        let database = database::create("changing").await;
        let pool = database::pool(database.config(), 2);
        let (other, watcher) = (database.connect().await.unwrap(), database.connect().await.unwrap());
        other.batch_execute(&format!("{GATE}; CREATE TABLE base (id bigint, n bigint)")).await.unwrap();
        Changing { database, pool, other, watcher }
    }

    async fn create(&self, (create, _): Case) {
        self.other.batch_execute(create).await.unwrap();
    }

    /// Drops what is there while `read` looks at it: with a snapshot from before, and a catalog from after.
    async fn drop_under<T>(&self, (_, drop): Case, read: impl Future<Output = T>) -> T {
        self.other.batch_execute(&format!("BEGIN; {drop}; {LOCK_GATE}")).await.unwrap();
        let dropping = async {
            until_row(&self.watcher, READER_WAITS).await;
            self.other.batch_execute("COMMIT").await.unwrap();
        };
        futures_util::join!(read, dropping).0
    }
}

fn folder() -> Folder {
    postgres(&[("1_one.up", "CREATE TABLE one (id bigint)")])
}

#[tokio::test]
async fn what_others_drop_meanwhile_is_not_told_in_part() {
    let changing = Changing::start().await;
    let set = folder().set();
    let migrator = Migrator::new(&set);
    let read = async || migrator.fingerprint(&changing.pool).await.unwrap();
    let after = read().await;
    let mut wrong = Vec::new();
    for case in DROPPED {
        changing.create(case).await;
        let before = read().await;
        match changing.drop_under(case, migrator.fingerprint(&changing.pool)).await {
            Ok(read) if read == before || read == after => {}
            Ok(read) => wrong.push(format!("{}:\n{}", case.0, after.diff(&read))),
            Err(error) => wrong.push(format!("{}:\n{error}", case.0)),
        }
        assert_eq!(read().await, after, "{}", case.0);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn drift_is_known_and_the_schema_kept_while_others_drop() {
    let changing = Changing::start().await;
    let folder = folder();
    Migrator::new(&folder.set()).migrate(&changing.pool).await.unwrap();
    let mut wrong = Vec::new();
    for (version, case) in (2..).zip(DROPPED) {
        let set = folder.set();
        let migrator = Migrator::new(&set);
        changing.create(case).await;
        let before = migrator.drift(&changing.pool).await.unwrap();
        assert!(before.difference().is_some_and(|difference| !difference.is_empty()), "{}: {before}", case.0);
        match changing.drop_under(case, migrator.drift(&changing.pool)).await {
            Ok(drift) if drift == before || is_none(&drift) => {}
            Ok(drift) => wrong.push(format!("{}:\n{drift}", case.0)),
            Err(error) => wrong.push(format!("{}:\n{error}", case.0)),
        }

        folder.write(&format!("{version}_more.up.sql"), &format!("CREATE TABLE more_{version} (id bigint)"));
        let set = folder.set();
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let ear = Arc::clone(&told);
        let migrator = Migrator::new(&set).on_progress(move |progress| {
            if let Progress::SchemaNotKept { error } = progress {
                ear.lock().unwrap().push((*error).to_owned());
            }
        });
        changing.create(case).await;
        let report = changing.drop_under(case, migrator.migrate(&changing.pool)).await.unwrap();
        assert_eq!(report.migrations.len(), 1);
        wrong.extend(told.lock().unwrap().iter().map(|error| format!("{}: not kept:\n{error}", case.0)));
        let drift = migrator.drift(&changing.pool).await.unwrap();
        if !is_none(&drift) {
            wrong.push(format!("{}: after a run:\n{drift}", case.0));
            migrator.accept_drift(&changing.pool).await.unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn is_none(drift: &Drift) -> bool {
    drift.difference().is_some_and(Difference::is_empty)
}

/// What each of several sessions does again and again, in a schema of its own.
const CHURN: &str = "
    CREATE SCHEMA s;
    CREATE TYPE s.mood AS ENUM ('sad', 'ok');
    CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE s.t (id bigserial PRIMARY KEY, mood s.mood NOT NULL DEFAULT 'ok', CHECK (id > 0));
    CREATE INDEX t_mood ON s.t (mood, (id + 1));
    CREATE TRIGGER t BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.f();
    CREATE VIEW s.v AS SELECT id, mood FROM s.t WHERE id > 7;
    DROP VIEW s.v;
    DROP INDEX s.t_mood;
    DROP TABLE s.t;
    DROP FUNCTION s.f();
    DROP TYPE s.mood;
    DROP SCHEMA s";

/// Nobody can read a schema that changes faster than it is read.
const PAUSE: Duration = Duration::from_millis(15);

/// The properties that are told of every object that is there.
fn required(kind: ObjectKind) -> Option<&'static str> {
    match kind {
        ObjectKind::View
        | ObjectKind::Index
        | ObjectKind::Constraint
        | ObjectKind::Trigger
        | ObjectKind::Function => Some("definition"),
        ObjectKind::Enum => Some("labels"),
        ObjectKind::Table => Some("columns"),
        _ => None,
    }
}

fn assert_no_holes(schema: &Fingerprint) {
    for (id, object) in schema.objects() {
        let told = |property| object.get(property).is_some_and(|value| value != "???");
        if let Some(property) = required(id.kind) {
            assert!(told(property), "{id} without {property}: {object:?}");
        }
        if id.kind == ObjectKind::Column && id.parent == "t" {
            assert!(told("type") && told("default") && told("not null"), "{id}: {object:?}");
        }
        if id.kind == ObjectKind::Sequence {
            assert_eq!(object["owned by"], format!("{}.t.id", id.schema), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_that_create_and_drop_all_the_time_do_not_keep_it_from_being_read() {
    let changing = Changing::start().await;
    let goes_on = Arc::new(AtomicBool::new(true));
    let mut others = Vec::new();
    for n in 1..=3 {
        let (client, goes_on) = (changing.database.connect().await.unwrap(), Arc::clone(&goes_on));
        let churn = CHURN.replace("s.", &format!("s{n}.")).replace("SCHEMA s", &format!("SCHEMA s{n}"));
        others.push(tokio::spawn(async move {
            let mut rounds = 0;
            while goes_on.load(Ordering::Relaxed) {
                // Each by itself, so that the schema is seen in every state.
                for statement in churn.lines() {
                    client.batch_execute(statement).await.unwrap();
                    sleep(PAUSE).await;
                }
                rounds += 1;
            }
            rounds
        }));
    }
    let set = folder().set();
    let migrator = Migrator::new(&set);
    for _ in 0..100 {
        assert_no_holes(&migrator.fingerprint(&changing.pool).await.unwrap());
    }
    goes_on.store(false, Ordering::Relaxed);
    for other in others {
        assert!(other.await.unwrap() > 3, "they changed nothing");
    }
}
