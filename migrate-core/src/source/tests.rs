//! What the files of a folder make, folder by folder.

use super::{Overrides, Source, SourceFile};
use crate::diagnostic::{Diagnostic, Severity};
use crate::problem::{FilesProblem, Problem};
use crate::{Checksum, Dialect, Down, Execution, Migration, MigrationSet, Version};

/// A source of these files, each a path and its text.
fn source(files: &[(&str, &str)]) -> Source {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), bytes: (*text).into() };
    let mut files: Vec<SourceFile> = files.iter().map(file).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Source { root: "m".into(), files, empty_folders: Vec::new() }
}

fn set(files: &[(&str, &str)]) -> MigrationSet {
    source(files).into_set(&Overrides::default()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// Each problem with the place where it is reported.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let Err(diagnostics) = source(files).into_set(&Overrides::default()) else { return Vec::new() };
    let place = |one: &Diagnostic| one.position.map_or(String::new(), |position| format!(":{position}"));
    diagnostics.iter().map(|one| format!("{}{} {}", one.path, place(one), one.problem)).collect()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

const SQL: &str = "SELECT 1;";

#[test]
fn every_form_makes_the_same_set() {
    let forms: [&[(&str, &str)]; 4] = [
        &[
            ("1_a.up.sql", SQL),
            ("1_a.down.sql", SQL),
            ("x/2_b.up.sql", SQL),
            ("x/2_b.down.sql", SQL),
            ("1_a.verify.sql", SQL),
        ],
        &[
            ("1_a/up.sql", SQL),
            ("1_a/down.sql", SQL),
            ("x/2_b/migration.sql", SQL),
            ("x/2_b/down.sql", SQL),
            ("1_a/verify.sql", SQL),
        ],
        &[("V1__a.sql", SQL), ("U1__a.sql", SQL), ("x/V2__b.sql", SQL), ("x/U2__b.sql", SQL)],
        &[
            ("1_a.sql", SQL),
            ("x/2_b.sql", SQL),
            ("migrate.toml", "rollback = 'optional'"),
            ("1_a.verify.sql", SQL),
        ],
    ];
    for files in forms {
        let set = set(files);
        let names: Vec<_> = set.migrations().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["1_a", "2_b"]);
        assert_eq!(set.get(version(2)).unwrap().name(), "b");
        assert_eq!(set.latest(), Some(version(2)));
        let chain = Checksum::chain(None, version(1), Checksum::of(SQL));
        assert_eq!(set.chain(), Some(Checksum::chain(Some(chain), version(2), Checksum::of(SQL))));
    }
}

#[test]
fn a_folder_may_hold_what_is_no_migration() {
    let set = set(&[
        ("README.md", ""),
        ("x/NOTES.MD", ""),
        ("migrate.lock", "# Nothing is locked."),
        ("seed.sql", "nonsense 'x"),
        ("migrate.toml", "ignore = ['seed.sql']\nset = 'billing'\ndialect = 'sqlite'"),
        ("1_a.up.sql", SQL),
        ("1_a.down.sql", SQL),
    ]);
    assert_eq!((set.name(), set.dialect(), set.migrations().len()), ("billing", Dialect::Sqlite, 1));
    assert_eq!(set.display_path("1_a.up.sql"), "m/1_a.up.sql");
}

#[test]
fn versions_order_by_number() {
    let set = set(&[
        ("10_c/up.sql", SQL),
        ("2_b/up.sql", SQL),
        ("1_a/up.sql", SQL),
        ("migrate.toml", "rollback = 'optional'"),
    ]);
    let names: Vec<_> = set.migrations().iter().map(Migration::name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn metadata_takes_both_scripts_out_of_the_transaction() {
    let set = set(&[
        ("1_a/up.sql", SQL),
        ("1_a/down.sql", SQL),
        ("1_a/metadata.toml", "run_in_transaction = false"),
    ]);
    let migration = &set.migrations()[0];
    assert_eq!(migration.up().execution(), Execution { transaction: false, ..Execution::PLAIN });
    assert!(!migration.down().script().unwrap().execution().transaction);
}

#[test]
fn ways_back() {
    let files = |down: &'static str, up: &'static str| [("1_a.up.sql", up), ("1_a.down.sql", down)];
    let meant = set(&files("-- migrate: nothing-to-undo \"rows\"", SQL));
    assert_eq!(meant.migrations()[0].down().script().unwrap().spans(), []);
    let none = set(&[("1_a.up.sql", "-- migrate: irreversible \"gone\"\nSELECT 1;")]);
    assert_eq!(*none.migrations()[0].down(), Down::Irreversible(Some("gone".into())));
    // Under "optional" a rollback script without a statement is none, never an empty success.
    let optional = set(&[
        ("1_a.up.sql", SQL),
        ("1_a.down.sql", "-- nothing\n"),
        ("migrate.toml", "rollback = 'optional'"),
    ]);
    assert_eq!(*optional.migrations()[0].down(), Down::Irreversible(None));
}

#[test]
fn each_bad_folder_has_its_problems() {
    const OPTIONAL: (&str, &str) = ("migrate.toml", "rollback = 'optional'");
    const NAMES: (&str, &str) = ("migrate.toml", "rollback = 'optional'\n[names]\npattern = '[a-z]+'");
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (&[], &["m the migrations folder holds no migration"]),
        (&[("README.md", "")], &["m the migrations folder holds no migration"]),
        // What is no migration.
        (&[("data.csv", "")], &["m/data.csv this file is not a migration"]),
        (&[("up.sql", SQL)], &["m/up.sql this script is not in the folder of a migration"]),
        (
            &[("1_a.up.sql", SQL), ("1_a.down.sql", SQL), ("b.up.sql", SQL)],
            &["m/b.up.sql the name has no version"],
        ),
        (
            &[("1_a/up.sql", SQL), ("1_a/down.sql", SQL), ("x/b/up.sql", SQL), ("x/b/down.sql", SQL)],
            &["m/x/b the folder's name has no version"],
        ),
        (
            &[("9223372036854775808_a.up.sql", SQL), ("9223372036854775808_a.down.sql", SQL)],
            &["m/9223372036854775808_a.up.sql a version is at most 9223372036854775807, what a bigint holds"],
        ),
        (
            &[("V99999999999999999999__a.sql", SQL), ("U99999999999999999999__a.sql", SQL)],
            &["m/V99999999999999999999__a.sql a version is at most 9223372036854775807, what a bigint holds"],
        ),
        // Files that hold both directions: one problem, not a missing rollback as well.
        (
            &[("1_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;")],
            &[
                "m/1_a.sql:1:1 this file is one of goose: `-- +goose Up` would be a comment, and all parts would run",
            ],
        ),
        (
            &[("1_a.sql", "SELECT 1;\n---- create above / drop below ----\nSELECT 2;")],
            &[
                "m/1_a.sql:2:1 this file is one of tern: `---- create above / drop below ----` would be a comment, and \
               all parts would run",
            ],
        ),
        // Ways back that are missing.
        (
            &[("1_a.up.sql", SQL)],
            &["m/1_a.up.sql this migration cannot be rolled back: `m/1_a.down.sql` is missing"],
        ),
        (
            &[("1_a.sql", SQL)],
            &["m/1_a.sql this migration cannot be rolled back: `m/1_a.down.sql` is missing"],
        ),
        (
            &[("x/1_a/up.sql", SQL)],
            &["m/x/1_a/up.sql this migration cannot be rolled back: `m/x/1_a/down.sql` is missing"],
        ),
        (
            &[("1_a/migration.sql", SQL)],
            &["m/1_a/migration.sql this migration cannot be rolled back: `m/1_a/down.sql` is missing"],
        ),
        (
            &[("V01__a.sql", SQL)],
            &["m/V01__a.sql this migration cannot be rolled back: `m/U01__a.sql` is missing"],
        ),
        (
            &[("1_a.up.sql", SQL), ("1_a.down.sql", " -- none")],
            &["m/1_a.down.sql the rollback script has no statement, so it rolls nothing back"],
        ),
        (
            &[("1_a.up.sql", "\n-- migrate: irreversible \"x\"\nSELECT 1"), ("1_a.down.sql", SQL)],
            &["m/1_a.up.sql:2:1 declared irreversible, but has the rollback script `m/1_a.down.sql`"],
        ),
        (
            &[("1_a.up.sql", SQL), ("1_a.down.sql", "\n-- migrate: nothing-to-undo \"x\"\nSELECT 1")],
            &["m/1_a.down.sql:2:1 declares that there is nothing to undo, but has statements"],
        ),
        (&[("1_a.up.sql", "/* */"), ("1_a.down.sql", SQL)], &["m/1_a.up.sql the script has no statement"]),
        // A declaration with a mistake in it is one, and the rollback script is not missing.
        (
            &[("1_a.sql", "-- migrate: irreversible because\nSELECT 1")],
            &["m/1_a.sql:1:1 the directive `irreversible` takes a reason in double quotes, not `because`"],
        ),
        (
            &[("1_a.sql", "-- migrate: ireversible \"x\"\nSELECT 1")],
            &["m/1_a.sql:1:1 unknown directive `ireversible`"],
        ),
        (
            &[("1_a.sql", "\u{feff}-- migrate: irreversible \"x\"\nSELECT 1")],
            &["m/1_a.sql:1:1 a byte order mark hides the directive on the first line"],
        ),
        // Two files for one thing. The parts of the second migration are its own.
        (
            &[("1_b.up.sql", SQL), ("1_b.down.sql", SQL), ("0001_c.up.sql", SQL), ("0001_c.down.sql", SQL)],
            &["m/1_b.up.sql version 1 is used twice, here and by `m/0001_c.up.sql`"],
        ),
        (
            &[("1_a.sql", SQL), ("x/1_a.sql", SQL), ("x/1_b.sql", SQL), OPTIONAL],
            &[
                "m/x/1_a.sql version 1 is used twice, here and by `m/1_a.sql`",
                "m/x/1_b.sql version 1 is used twice, here and by `m/1_a.sql`",
            ],
        ),
        (
            &[("1_a/up.sql", SQL), ("1_a/migration.sql", SQL), ("1_a/down.sql", SQL)],
            &["m/1_a/up.sql two scripts apply this migration: this one and `m/1_a/migration.sql`"],
        ),
        (
            &[("1_a.up.sql", SQL), ("1_a.down.sql", SQL), ("01_a.down.sql", SQL)],
            &["m/1_a.down.sql this migration has two rollback scripts: this one and `m/01_a.down.sql`"],
        ),
        // Parts without their migration. A misspelt rollback script is not also missing.
        (&[("1_a.down.sql", SQL)], &["m/1_a.down.sql this rollback script has no migration"]),
        (&[("1_a/metadata.toml", "")], &["m/1_a/metadata.toml this metadata file has no migration"]),
        (
            &[("1_users.up.sql", SQL), ("1_user.down.sql", SQL)],
            &["m/1_user.down.sql this rollback script has no migration"],
        ),
        (
            &[("1_users.up.sql", SQL), ("1_user.verify.sql", SQL)],
            &[
                "m/1_user.verify.sql this verify script has no migration",
                "m/1_users.up.sql this migration cannot be rolled back: `m/1_users.down.sql` is missing",
            ],
        ),
        // One form: a migration of another is told once.
        (
            &[("1_a.up.sql", SQL), ("1_a.down.sql", SQL), ("2_b/up.sql", SQL), ("2_b/down.sql", SQL)],
            &[
                "m/2_b/up.sql two forms of file names in one folder: this file is `<version>_<name>/up.sql` with \
               `down.sql`, `m/1_a.up.sql` is `<version>_<name>.up.sql` with `.down.sql`",
            ],
        ),
        (
            &[("1_a.sql", SQL), ("1_a.down.sql", SQL), ("2_b.up.sql", SQL), ("2_b.down.sql", SQL)],
            &["m/1_a.sql two forms of file names in one folder: this file is `<version>_<name>.sql`, \
               `m/2_b.up.sql` is `<version>_<name>.up.sql` with `.down.sql`"],
        ),
        (
            &[("20251117022438_a.sql", SQL), ("20251202_b.sql", SQL), OPTIONAL],
            &["m/20251202_b.sql version 20251202 is a date of 8 digits, and `m/20251117022438_a.sql` has a \
               timestamp of 14"],
        ),
        (
            &[("1_fix.sql", SQL), ("2_B.sql", SQL), NAMES],
            &[
                "m/1_fix.sql the name `fix` says nothing about the change",
                "m/2_B.sql the name `B` does not match the pattern of migrate.toml",
            ],
        ),
    ];
    for (files, want) in cases {
        assert_eq!(problems(files), *want, "{files:?}");
    }
}

#[test]
fn problems_come_in_the_order_of_their_places() {
    let files = [
        ("2_b.up.sql", "COMMIT;\n-- migrate: no-transactoin"),
        ("x.csv", ""),
        ("a.up.sql", SQL),
        ("3_c.down.sql", "SELECT 1"),
    ];
    let want = [
        "m/2_b.up.sql this migration cannot be rolled back: `m/2_b.down.sql` is missing",
        "m/2_b.up.sql:1:1 the script begins or ends a transaction itself: COMMIT",
        "m/2_b.up.sql:2:1 unknown directive `no-transactoin`",
        "m/3_c.down.sql this rollback script has no migration",
        "m/a.up.sql the name has no version",
        "m/x.csv this file is not a migration",
    ];
    assert_eq!(problems(&files), want);
}

#[test]
fn empty_folders_of_migrations_are_told() {
    let mut source = source(&[("1_a/up.sql", SQL), ("1_a/down.sql", SQL)]);
    source.empty_folders = ["2_b", "billing"].map(str::to_owned).to_vec();
    let diagnostics = source.into_set(&Overrides::default()).unwrap_err();
    let found: Vec<_> = diagnostics.iter().map(|one| (one.path.as_str(), &one.problem)).collect();
    assert_eq!(found, [("m/2_b", &Problem::from(FilesProblem::NoUp))]);
}

#[test]
fn a_broken_configuration_is_the_only_problem_told() {
    let found = problems(&[("migrate.toml", "set = 'a'\nrolback = 1"), ("x", "")]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("m/migrate.toml:2:1 unknown field `rolback`"), "{found:?}");
}

#[test]
fn overrides_win_over_the_configuration() {
    let overrides =
        Overrides { dialect: Some(Dialect::Sqlite), set: Some("jobs".to_owned()), ..Overrides::default() };
    let files = [("1_a.up.sql", SQL), ("1_a.down.sql", SQL), ("migrate.toml", "set = 'x'\ndialect = 'any'")];
    let set = source(&files).into_set(&overrides).unwrap();
    assert_eq!((set.name(), set.dialect()), ("jobs", Dialect::Sqlite));
}

#[test]
fn a_diagnostic_reads_like_rustcs() {
    let source = source(&[("1_a.up.sql", "SELECT 1;\n\tSELECT 'x;\n"), ("1_a.down.sql", SQL)]);
    let diagnostics = source.into_set(&Overrides::default());
    assert_eq!(
        diagnostics.unwrap_err().to_string(),
        "this string never ends\n --> m/1_a.up.sql:2:9\n   |\n 2 | \tSELECT 'x;\n   | \t       ^\n help: close it"
    );
}

#[test]
fn what_is_no_mark_of_another_tool_and_no_misplaced_moment() {
    let set = set(&[
        ("1607367600_a.up.sql", "SELECT '\n-- +goose Up\n';"),
        ("1607367600_a.down.sql", "DO $$ BEGIN\n-- +goose Down\nEND $$;"),
        ("20201206190800_b.up.sql", "/*\n-- +goose Up\n*/ SELECT 1;"),
        ("20201206190800_b.down.sql", SQL),
    ]);
    assert_eq!(set.migrations().len(), 2);
}

#[test]
fn the_help_for_a_duplicate_version_keeps_the_order_of_the_folder() {
    let help = |versions: &[&str]| {
        let names = versions.iter().enumerate().flat_map(|(nth, version)| {
            ["up", "down"].map(|part| format!("{version}_{}.{part}.sql", ["a", "b", "c"][nth]))
        });
        let names: Vec<String> = names.collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), SQL)).collect();
        let diagnostics = source(&files).into_set(&Overrides::default()).unwrap_err();
        diagnostics.iter().next().unwrap().problem.help()
    };
    assert_eq!(
        help(&["5", "5"]),
        "give the newer migration a version of its own, above all others, as in `m/6_b.up.sql`"
    );
    assert_eq!(
        help(&["5", "5", "7"]),
        "give the newer of the two a version of its own: `m/6_b.up.sql` is free, and stays before `m/7_c.up.sql`"
    );
    assert_eq!(
        help(&["5", "5", "6"]),
        "no version is free before `m/6_c.up.sql`: give the newer of the two one above all others, if what comes \
         after it does not need it"
    );
}

#[test]
fn a_misplaced_moment_is_a_warning_that_shows_it_padded() {
    let cases = [
        ("2020-12-7-190800", "13", "write it as `2020-12-07-190800`, with two digits for each part"),
        (
            "202011301908000",
            "15",
            "write year, month, day, hour, minute and second with 14 digits, as in `20251107100000`",
        ),
    ];
    for (number, digits, help) in cases {
        // The missing rollbacks are the errors, without which warnings are not shown here.
        let name = format!("{number}_b.sql");
        let diagnostics =
            source(&[("20201206190800_a.sql", SQL), (&name, SQL)]).into_set(&Overrides::default());
        let diagnostics = diagnostics.unwrap_err();
        let warnings: Vec<_> =
            diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).collect();
        let [warning] = warnings[..] else { panic!("{diagnostics}") };
        assert_eq!((warning.path.as_str(), warning.problem.help().as_str()), (&*format!("m/{name}"), help));
        let message = warning.problem.to_string();
        assert!(message.contains(&format!("has {digits} digits")), "{message}");
        assert!(message.contains("`m/20201206190800_a.sql`"), "{message}");
    }
}
