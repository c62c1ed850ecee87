//! `embed_migrations!` where it works: what it bakes in, and where it may stand.

use std::path::Path;

use include_dir::{Dir, include_dir};
use migrate::{Checksum, Down, Migration, MigrationSet, Migrator, embed_migrations};
use migrate_core::{Overrides, Source};

static FLAT_PAIR: MigrationSet = embed_migrations!("embed/forms/flat_pair");
static FLAT_SINGLE: MigrationSet = embed_migrations!("embed/forms/flat_single");
static DIRECTORY: MigrationSet = embed_migrations!("embed/forms/directory");
static PREFIXED: MigrationSet = embed_migrations!("embed/forms/prefixed");

static FLAT_PAIR_DIR: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/embed/forms/flat_pair");
static FLAT_SINGLE_DIR: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/embed/forms/flat_single");
static DIRECTORY_DIR: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/embed/forms/directory");
static PREFIXED_DIR: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/embed/forms/prefixed");

/// Each form: its name, the set of the macro, the folder of `include_dir!`, and how many migrations there are.
fn forms() -> [(&'static str, &'static MigrationSet, &'static Dir<'static>, usize); 4] {
    [
        ("flat_pair", &FLAT_PAIR, &FLAT_PAIR_DIR, 4),
        ("flat_single", &FLAT_SINGLE, &FLAT_SINGLE_DIR, 3),
        ("directory", &DIRECTORY, &DIRECTORY_DIR, 4),
        ("prefixed", &PREFIXED, &PREFIXED_DIR, 3),
    ]
}

fn analysed(source: Source) -> MigrationSet {
    source
        .check(&Overrides::default(), migrate_lint::analyse)
        .unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
        .set
}

#[test]
fn three_ways_in_make_the_same_set() {
    for (name, embedded, dir, count) in forms() {
        assert_eq!(embedded.migrations().len(), count, "{name}");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("embed/forms").join(name);
        let read =
            analysed(Source::read(&folder, name).unwrap_or_else(|diagnostics| panic!("{diagnostics}")));
        let included = analysed(Source::from_dir(dir));
        assert_eq!(*embedded, read, "{name}");
        assert_eq!(*embedded, included, "{name}");
        // `==` compares what a run depends on; the chain follows from it.
        assert_eq!(embedded.chain(), read.chain(), "{name}");
        assert_eq!(embedded.chain(), included.chain(), "{name}");
        assert_eq!(embedded.defaults(), read.defaults(), "{name}");
    }
}

#[test]
fn checksums_and_chain_are_those_of_the_scripts() {
    for (name, set, ..) in forms() {
        let mut chain = None;
        for migration in set.migrations() {
            let scripts = [migration.up().script(), migration.down().script(), migration.verify()];
            for script in scripts.into_iter().flatten() {
                assert_eq!(script.checksum(), Checksum::of(script.sql()), "{name}: {}", script.path());
            }
            chain = Some(Checksum::chain(chain, migration.version(), migration.up().checksum()));
        }
        assert!(chain.is_some() && set.chain() == chain, "{name}");
    }
}

#[test]
fn everything_in_a_folder_arrives() {
    let names: Vec<String> = FLAT_PAIR.migrations().iter().map(Migration::to_string).collect();
    assert_eq!(
        names,
        [
            "20251107100000_create_users",
            "20251107100001_add_zoe",
            "20251107100002_index_users",
            "20251107100003_drop_names",
        ]
    );
    let [create_users, add_zoe, index_users, drop_names] = FLAT_PAIR.migrations() else {
        panic!("{names:?}")
    };

    assert_eq!(FLAT_PAIR.name(), "accounts");
    assert_eq!(
        FLAT_PAIR.display_path(index_users.up().path()),
        "embed/forms/flat_pair/auth/eu/20251107100002_index_users.up.sql"
    );

    let execution = create_users.up().execution();
    assert!(execution.transaction && !execution.changes_session);
    assert_eq!(execution.lock_timeout.unwrap().as_millis(), 500);
    assert_eq!(execution.statement_timeout.unwrap().as_secs(), 1800);
    assert_eq!(create_users.risk(), Some(migrate::Risk::Safe));
    assert_eq!(create_users.older_binaries(), migrate::OlderBinaries::Ok, "nothing in it breaks older code");
    assert_eq!(create_users.up().statement_count(), 2);
    assert_eq!(create_users.verify().unwrap().statements().next(), Some("SELECT id, name FROM users"));

    assert_eq!(add_zoe.up().script().unwrap().sql(), "INSERT INTO users (id, name)\nVALUES (1, 'Zoë 🦀');\n");
    assert_eq!(add_zoe.down().script().unwrap().spans(), []);

    assert!(!index_users.up().execution().transaction);
    assert_eq!(index_users.older_binaries(), migrate::OlderBinaries::Ok);

    assert_eq!(*drop_names.down(), Down::Irreversible(Some("the names are gone".into())));
    assert!(drop_names.up().execution().changes_session);
    assert_eq!(drop_names.older_binaries(), migrate::OlderBinaries::Refuse);
    assert_eq!(drop_names.risk(), Some(migrate::Risk::High));
    let hazards: Vec<String> = drop_names.hazards().iter().map(ToString::to_string).collect();
    assert_eq!(hazards, ["line 4: drop-column, risk high, allowed: nobody reads the names"]);
    // The policy lets it pass in silence, and it is noted all the same.
    assert_eq!(index_users.hazards()[0].hazard, migrate::diagnostic::Hazard::IndexConcurrent);
    assert_eq!(
        FLAT_PAIR.migrations()[3].hazards(),
        DIRECTORY.migrations()[3].hazards(),
        "migrate.lock says so"
    );

    assert_eq!(*FLAT_SINGLE.migrations()[0].down(), Down::Irreversible(None));
    let was = Checksum::of("INSERT INTO users (id, name) VALUES (1, 'Zoe');");
    assert_eq!(DIRECTORY.migrations()[1].accepts(), [was], "migrate.lock says so");
    assert_eq!(DIRECTORY.migrations()[0].accepts(), []);
    assert!(!DIRECTORY.migrations()[2].up().execution().transaction, "metadata.toml says so");
    assert!(PREFIXED.migrations()[2].up().execution().foreign_keys_off);
}

#[test]
fn stands_wherever_an_expression_of_constants_may() {
    const CONSTANT: MigrationSet = embed_migrations!("embed/forms/flat_pair");
    const REFERENCE: &MigrationSet = &embed_migrations!("embed/forms/flat_pair");
    static IN_A_FUNCTION: MigrationSet = embed_migrations!("embed/forms/flat_pair");
    let local = embed_migrations!("embed/forms/flat_pair",);
    let of_a_constant_function = const { constant() };
    for set in [&CONSTANT, REFERENCE, &IN_A_FUNCTION, &local, &of_a_constant_function] {
        assert_eq!(*set, FLAT_PAIR);
    }
}

const fn constant() -> MigrationSet {
    embed_migrations!("embed/forms/flat_pair")
}

#[test]
fn arguments_win_over_migrate_toml() {
    static SET: MigrationSet = embed_migrations!("embed/jobs", set = "jobs", dialect = "sqlite");
    assert_eq!((SET.name(), SET.dialect()), ("jobs", migrate::Dialect::Sqlite));
    assert_eq!((FLAT_SINGLE.name(), FLAT_SINGLE.dialect()), ("default", migrate::Dialect::Postgres));
}

#[test]
fn a_start_with_nothing_to_do_looks_at_no_migration() {
    static APPLIED: MigrationSet = embed_migrations!("embed/jobs", dialect = "sqlite");
    static SET: MigrationSet = embed_migrations!("embed/jobs", dialect = "sqlite");
    // Whoever looks first takes the memory for all who look.
    let first_look = || allocation_counter::measure(|| assert_eq!(SET.migrations().len(), 1)).count_total > 0;

    let mut database = rusqlite::Connection::open_in_memory().unwrap();
    let applied = Migrator::new(&APPLIED).migrate(&mut database).unwrap();
    assert_eq!(applied.migrations.len(), 1);
    let report = Migrator::new(&SET).migrate(&mut database).unwrap();
    assert!(report.is_empty());

    assert!(first_look());
    assert!(!first_look());
}

#[test]
fn what_is_known_without_the_migrations_takes_no_memory() {
    static SET: MigrationSet = embed_migrations!("embed/forms/flat_pair");
    let measured = allocation_counter::measure(|| {
        assert!(SET.chain().is_some() && SET.latest().is_some() && !SET.name().is_empty());
    });
    assert_eq!(measured.count_total, 0);
    assert_eq!(SET.latest(), SET.migrations().last().map(Migration::version));
}
