//! What the gate lets pass, in folders with each kind of policy and exception.

use migrate_core::{
    Checked, Diagnostic, Diagnostics, HazardProblem, OlderBinaries, Overrides, Problem, Risk, Severity,
    Source,
};

use crate::analyse;

/// A table with rows, which the migrations under test change.
const CREATE: [(&str, &str); 2] = [
    ("1_create.up.sql", "CREATE TABLE t (id int PRIMARY KEY, a int, b int);"),
    ("1_create.down.sql", "DROP TABLE t;"),
];

const DROP: &str = "ALTER TABLE t DROP COLUMN a;";

/// The folder of a table, a second migration without a way back, and a policy.
fn checked(policy: &str, up: &str) -> Result<Checked, Diagnostics> {
    let policy = format!("rollback = 'optional'\n{policy}");
    let files = [CREATE[0], CREATE[1], ("2_change.up.sql", up), ("migrate.toml", &policy)];
    Source::of_texts(&files).check(&Overrides::default(), analyse)
}

/// What is reported: `2:1 error drop-column`.
fn reported(policy: &str, up: &str) -> Vec<String> {
    let diagnostics = match checked(policy, up) {
        Ok(checked) => checked.warnings,
        Err(diagnostics) => diagnostics.iter().cloned().collect(),
    };
    let line = |one: &Diagnostic| {
        let severity = if one.severity == Severity::Error { "error" } else { "warning" };
        let text = one.problem.to_string();
        let what = match &one.problem {
            Problem::Hazard(HazardProblem::Found { hazard, .. }) => hazard.name(),
            _ => &text,
        };
        format!("{} {severity} {what}", one.position.map_or_else(String::new, |at| at.to_string()))
    };
    diagnostics.iter().map(line).collect()
}

#[test]
fn the_policy_makes_errors_and_warnings() {
    let not_valid = "ALTER TABLE t ADD CONSTRAINT a CHECK (a > 0) NOT VALID;";
    //    policy                                          script     reported
    let cases: &[(&str, &str, &[&str])] = &[
        ("", "ALTER TABLE t ADD COLUMN c int;", &[]),
        ("", DROP, &["1:15 error drop-column"]),
        ("", not_valid, &["1:15 warning new-write-limit"]),
        ("[hazards]\nhigh = 'warn'", DROP, &["1:15 warning drop-column"]),
        ("[hazards]\nhigh = 'allow'", DROP, &[]),
        ("[hazards]\ncontrolled = 'deny'", not_valid, &["1:15 error new-write-limit"]),
        // The hazard's own level counts more than that of its risk.
        ("[hazards]\nhigh = 'allow'\ndrop-column = 'deny'", DROP, &["1:15 error drop-column"]),
        (
            "[hazards]\ncontrolled = 'allow'\nnew-write-limit = 'warn'",
            not_valid,
            &["1:15 warning new-write-limit"],
        ),
        ("lint-from = 2", DROP, &["1:15 error drop-column"]),
        ("lint-from = 3", DROP, &[]),
        ("lint-from = 3", "ALTER TBLE t;", &[]),
        ("", "ALTER TBLE t;", &["1:7 error syntax error near `TBLE`"]),
    ];
    for (policy, up, want) in cases {
        assert_eq!(reported(policy, up), *want, "{policy}: {up}");
    }
}

#[test]
fn an_exception_is_for_its_statement_or_for_the_whole_script() {
    let allow = "-- migrate: allow drop-column \"unused\"\n";
    let other = "ALTER TABLE t DROP COLUMN b;";
    let unused = "error allows the hazard `drop-column`, which was not found here";
    //    script                                          reported
    let cases: &[(String, &[String])] = &[
        (format!("{allow}{DROP}"), &[]),
        (format!("{allow}{DROP}\n{other}"), &[]), // at the top: for all of it
        (format!("SELECT 1;\n{allow}{DROP}\n"), &[]),
        (format!("SELECT 1;\n{allow}{DROP}\n{other}"), &["4:15 error drop-column".to_owned()]),
        (format!("{DROP}\n{allow}{other}"), &["1:15 error drop-column".to_owned()]),
        (
            format!("SELECT 1;\n{allow}SELECT 2;\n{DROP}"),
            &[format!("2:1 {unused}"), "4:15 error drop-column".to_owned()],
        ),
        (format!("{allow}SELECT 1;"), &[format!("1:1 {unused}")]),
    ];
    for (up, want) in cases {
        assert_eq!(reported("", up), *want, "{up}");
    }
    // What the policy allows anyway is there all the same, so the exception is not in vain.
    assert_eq!(reported("[hazards]\ndrop-column = 'allow'", &format!("{allow}{DROP}")), Vec::<String>::new());
}

#[test]
fn what_is_found_is_kept() {
    let change = |policy: &str, up: &str| {
        let checked = checked(policy, up).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        checked.set.migrations()[1].clone()
    };
    let safe = change("", "ALTER TABLE t ADD COLUMN c int;");
    assert_eq!(
        (safe.risk(), safe.hazards(), safe.older_binaries()),
        (Some(Risk::Safe), &[][..], OlderBinaries::Ok)
    );

    let allowed =
        change("", "SELECT 1;\n-- migrate: allow drop-column \"unused\"\nALTER TABLE t DROP COLUMN a;");
    let hazards: Vec<String> = allowed.hazards().iter().map(ToString::to_string).collect();
    assert_eq!(hazards, ["line 3: drop-column, risk high, allowed: unused"]);
    assert_eq!((allowed.risk(), allowed.older_binaries()), (Some(Risk::High), OlderBinaries::Refuse));

    let old = change("lint-from = 3", DROP);
    assert_eq!((old.risk(), old.hazards().len()), (Some(Risk::High), 1), "not reported, but known");

    let declared = "-- migrate: risk controlled\n-- migrate: older-binaries ok\n\
                    -- migrate: allow drop-column \"unused\"\nALTER TABLE t DROP COLUMN a;";
    let declared = change("", declared);
    assert_eq!((declared.risk(), declared.older_binaries()), (Some(Risk::Controlled), OlderBinaries::Ok));

    let unreadable = change("lint-from = 3", "ALTER TBLE t;");
    assert_eq!((unreadable.risk(), unreadable.older_binaries()), (Some(Risk::High), OlderBinaries::Refuse));
}

#[test]
fn a_script_for_any_engine_is_reported_once() {
    let any = "dialect = 'any'";
    assert_eq!(reported(any, DROP), ["1:15 error drop-column"]);
    let allowed = format!("-- migrate: allow drop-column \"unused\"\n{DROP}");
    assert_eq!(reported(any, &allowed), Vec::<String>::new());
    // Blocks writers on PostgreSQL; SQLite knows no other way.
    let index = "CREATE INDEX t_a ON t (a);";
    assert_eq!(reported(any, index), ["1:1 error index-blocking"]);
    let allowed = format!("-- migrate: allow index-blocking \"small\"\n{index}");
    assert_eq!(reported(any, &allowed), Vec::<String>::new());
    assert_eq!(
        reported(any, "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1;").len(),
        1,
        "SQLite has no such statement"
    );
    assert_eq!(reported("dialect = 'sqlite'", index), Vec::<String>::new());
}

#[test]
fn rollbacks_and_verify_scripts_are_parsed_too() {
    let files = [
        CREATE[0],
        CREATE[1],
        ("2_add.up.sql", "ALTER TABLE t ADD COLUMN c int;"),
        ("2_add.down.sql", "ALTER TABLE t DELETE COLUMN c;"),
        ("2_add.verify.sql", "SELECT c FROMM t WHERE;"),
    ];
    let diagnostics = Source::of_texts(&files).check(&Overrides::default(), analyse).unwrap_err();
    let paths: Vec<&str> = diagnostics.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["2_add.down.sql", "2_add.verify.sql"], "{diagnostics}");
}

#[test]
fn the_project_is_known_to_the_rules() {
    let policy = "tenant = 'business_id'\nglobal = ['currencies', 't']";
    assert_eq!(reported(policy, "CREATE TABLE orders (id int PRIMARY KEY);"), ["1:1 warning tenant-column"]);
    assert_eq!(reported(policy, "CREATE TABLE currencies (code text PRIMARY KEY);"), Vec::<String>::new());
    let nulls = "CREATE TABLE u (a int, UNIQUE NULLS NOT DISTINCT (a));";
    assert_eq!(reported("postgres = 14", nulls).len(), 1);
    assert_eq!(reported("postgres = 15", nulls), Vec::<String>::new());
}

#[test]
fn a_rollback_may_declare_what_no_rule_sees() {
    let declared = |up, down| {
        let files = [
            CREATE[0],
            CREATE[1],
            ("2_f.up.sql", up),
            ("2_f.down.sql", down),
            ("schema.sql", "no migration"),
        ];
        let set = Source::of_texts(&files).check(&Overrides::default(), analyse).unwrap().set;
        set.declared_residue(&set.migrations()[1])
    };
    let replaced = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';";
    let down = "-- migrate: allow down-mismatch \"others call it by now\"\nSELECT 1;";
    assert_eq!(declared(replaced, down), ["others call it by now"]);
    let nothing = "-- migrate: nothing-to-undo \"only values\"";
    assert_eq!(declared("SELECT 1;", nothing), ["only values"]);
    assert_eq!(declared(replaced, "DROP FUNCTION f();"), Vec::<String>::new());
    let other = [CREATE[0], ("1_create.down.sql", "-- migrate: allow drop-column \"no\"\nDROP TABLE t;")];
    assert!(
        Source::of_texts(&other).check(&Overrides::default(), analyse).is_err(),
        "others are still in vain"
    );
}

/// What is lost at one place is reported each for itself, and the directive that keeps rows is heard.
#[test]
fn a_rebuild_on_sqlite_reports_all_that_it_lacks() {
    let create = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b);
        CREATE TABLE child (t_id REFERENCES t ON DELETE CASCADE); CREATE INDEX child_t ON child (t_id);";
    let rebuild = "CREATE TABLE new_t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
INSERT INTO new_t SELECT * FROM t;
DROP TABLE t;
ALTER TABLE new_t RENAME TO t;
";
    let reported = |keys: &str, more: &str| {
        let up = format!("{keys}{rebuild}{more}");
        let files = [
            ("1_create.up.sql", create),
            ("2_rebuild.up.sql", up.as_str()),
            ("migrate.toml", "rollback = 'optional'\ndialect = 'sqlite'"),
        ];
        let checked = Source::of_texts(&files).check(&Overrides::default(), analyse);
        let diagnostics = match checked {
            Ok(checked) => checked.warnings,
            Err(diagnostics) => diagnostics.iter().cloned().collect(),
        };
        let hazard = |problem: &Problem| match problem {
            Problem::Hazard(HazardProblem::Found { hazard, message, .. }) => format!("{hazard}: {message}"),
            other => other.to_string(),
        };
        diagnostics.iter().map(|one| hazard(&one.problem)).collect::<Vec<_>>()
    };
    let lost = |index: &str| {
        format!(
            "rebuild-index: the index `{index}` is dropped with the old table, and the new `t` has none like it: queries that used it read \
             all rows"
        )
    };
    let keys =
        "rebuild-foreign-keys: foreign keys are on while `t` is rebuilt: DROP TABLE deletes rows of `child`";
    assert_eq!(reported("", ""), [keys.to_owned(), lost("t_a"), lost("t_b")]);
    let off = "-- migrate: foreign-keys off\n";
    assert_eq!(reported(off, ""), [lost("t_a"), lost("t_b")]);
    let indexes = "CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b);";
    assert_eq!(reported(off, indexes), [""; 0]);
    assert_eq!(reported("PRAGMA foreign_keys=OFF;\n", indexes), [""; 0]);
    assert_eq!(reported("PRAGMA defer_foreign_keys=ON;\n", indexes), [keys]);
}

/// Thousands of findings on one long line: what is reported and kept of them does not grow with their number.
#[test]
fn many_findings_are_reported_in_few_words() {
    let deletes = |count: usize| "DELETE FROM t; ".repeat(count);
    let reported = |policy: &str, up: &str| match checked(policy, up) {
        Ok(checked) => checked.warnings,
        Err(diagnostics) => diagnostics.iter().cloned().collect(),
    };
    let few = reported("", &deletes(100));
    assert!(
        few.iter().all(|one| matches!(one.problem, Problem::Hazard(HazardProblem::Found { .. }))),
        "{few:?}"
    );
    assert_eq!(few.len(), 100);
    let many = reported("", &deletes(8000));
    assert_eq!(many.len(), 101);
    assert_eq!(many[100].problem, HazardProblem::More { count: 7900 }.into());
    assert_eq!(many[100].severity, Severity::Error);
    assert_eq!(many[100].position.map(|at| at.column), Some(1501), "the first that is not shown");
    let size: usize = many.iter().map(|one| one.to_string().len()).sum();
    assert!(size < 200_000, "{size} bytes for a line of {}", deletes(8000).len());
    // Warnings alone let it pass, an error among those that are not shown does not.
    let warned = "[hazards]\nunbounded-dml = 'warn'";
    assert!(checked(warned, &deletes(500)).is_ok_and(|checked| checked.warnings.len() == 101));
    let hidden = format!("{}ALTER TABLE t DROP COLUMN a;", deletes(500));
    assert!(checked(warned, &hidden).is_err());
    // So do syntax errors, and directives that allow nothing.
    assert_eq!(reported("", &"ALTER TBLE t; ".repeat(500)).len(), 101);
    assert_eq!(reported("", &"-- migrate: allow rename \"x\"\nSELECT 1;\n".repeat(500)).len(), 101);
    // The migration keeps what is the same in one line once.
    let set = checked("[hazards]\nhigh = 'allow'", &deletes(8000)).unwrap().set;
    let migrations = set.migrations();
    assert_eq!(migrations.last().map(|migration| migration.hazards().len()), Some(1));
}

#[test]
fn a_line_of_the_lock_file_says_what_was_found() {
    let update = Source::of_texts(&CREATE).lock(&[], Some(analyse)).unwrap();
    assert!(update.text().contains(" risk=safe older-binaries=ok chain="), "{}", update.text());
}

#[test]
fn what_prepare_sql_makes_is_there_before_the_first_migration() {
    let up = ("1_change.up.sql", "ALTER TABLE auth.users ALTER COLUMN id TYPE bigint;");
    let policy = ("migrate.toml", "rollback = 'optional'");
    let hazards = |files: &[(&str, &str)]| -> Vec<&str> {
        let checked = Source::of_texts(files).check(&Overrides::default(), analyse);
        let found =
            checked.map_or_else(|errors| errors.iter().cloned().collect(), |checked| checked.warnings);
        found.iter().map(|one| one.problem.code()).collect()
    };
    let prepare = "CREATE SCHEMA auth; CREATE TABLE auth.users (id bigint);";
    assert_eq!(hazards(&[up, policy]), ["hazard"]);
    assert_eq!(hazards(&[up, policy, ("prepare.sql", prepare)]), [""; 0]);
    assert_eq!(hazards(&[up, policy, ("prepare.sql", "\u{0}")]), ["hazard", "nul-byte"]);
}

#[test]
fn newer_syntax_is_found_in_every_script_of_a_migration() {
    let newer = "CREATE TABLE n (a int UNIQUE NULLS NOT DISTINCT);";
    let allow = "-- migrate: allow newer-syntax \"no older server is left\"\n";
    let reported = |down: &str, verify: &str| {
        let policy = ("migrate.toml", "postgres = 14\nrollback = 'optional'");
        let files = [
            CREATE[0],
            CREATE[1],
            ("2_n.up.sql", "CREATE TABLE o (a int);"),
            ("2_n.down.sql", down),
            ("2_n.verify.sql", verify),
            policy,
        ];
        let checked = Source::of_texts(&files).check(&Overrides::default(), analyse);
        let found = checked.err().into_iter().flat_map(|found| found.iter().cloned().collect::<Vec<_>>());
        found.map(|one| format!("{}:{}", one.path, one.position.unwrap())).collect::<Vec<_>>()
    };
    let fine = "SELECT 1;";
    let down = format!("DROP TABLE o; {newer}");
    assert_eq!(reported(&down, fine), ["2_n.down.sql:1:44"]);
    assert_eq!(reported(&format!("{allow}{down}"), fine), [""; 0]);
    let verify = "SELECT json_value('{}'::jsonb, '$.a');";
    assert_eq!(reported("DROP TABLE o;", verify), ["2_n.verify.sql:1:8"]);
    assert_eq!(reported("DROP TABLE o;", &format!("{allow}{verify}")), [""; 0]);
}

#[test]
fn sql_of_the_other_engine_hints_at_the_dialect() {
    let help = |dialect: &str, up: &str| {
        let policy = format!("rollback = 'optional'\ndialect = '{dialect}'");
        let files = [("1_a.up.sql", up), ("migrate.toml", policy.as_str())];
        let errors = Source::of_texts(&files).check(&Overrides::default(), analyse).unwrap_err();
        errors.iter().next().unwrap().problem.help()
    };
    let cases = [
        ("postgres", "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);", "sqlite"),
        ("postgres", "CREATE TABLE t (a int PRIMARY KEY) WITHOUT ROWID;", "sqlite"),
        ("postgres", "PRAGMA foreign_keys = ON;", "sqlite"),
        ("sqlite", "CREATE TYPE a AS ENUM ('b');", "postgres"),
        ("sqlite", "CREATE INDEX CONCURRENTLY i ON t (a);", "postgres"),
    ];
    for (dialect, up, want) in cases {
        let help = help(dialect, up);
        assert!(help.contains(&format!("`dialect = \"{want}\"`")), "{up}: {help}");
    }
    assert!(!help("postgres", "CREATE TABLE t (a int b int);").contains("dialect"));
}

#[test]
fn a_folder_with_many_errors_names_the_way_to_leave_them_be() {
    let names: Vec<String> = (1..=10).map(|number| format!("{number}_drop.up.sql")).collect();
    let policy = "rollback = 'optional'";
    let check = |policy: &str| {
        let mut files: Vec<(&str, &str)> =
            names.iter().map(|name| (name.as_str(), "DROP TABLE a; DROP TABLE b;")).collect();
        files.push(("migrate.toml", policy));
        Source::of_texts(&files).check(&Overrides::default(), analyse)
    };
    let errors = check(policy).unwrap_err();
    let first = &errors.iter().next().unwrap().problem;
    assert!(
        first.to_string().contains("errors in 10 files: ") && first.to_string().contains("drop-table"),
        "{first}"
    );
    assert!(
        first.help().contains("`lint-from = 11`") && first.help().contains("cargo migrate lock"),
        "{first}"
    );
    check("rollback = 'optional'\nlint-from = 11").unwrap();
}

#[test]
fn a_recommended_form_is_reported_if_the_policy_names_it() {
    let index = "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);";
    assert_eq!(reported("", index), Vec::<String>::new());
    assert_eq!(reported("[hazards]\ncontrolled = 'deny'", index), Vec::<String>::new());
    assert_eq!(reported("[hazards]\nindex-concurrent = 'warn'", index), ["2:1 warning index-concurrent"]);
    // It is there all the same: for the risk, and for an exception that an older version asked for.
    let set = checked("", index).unwrap_or_else(|diagnostics| panic!("{diagnostics}")).set;
    assert_eq!(set.migrations()[1].risk(), Some(Risk::Controlled));
    let allowed =
        index.replace("transaction\n", "transaction\n-- migrate: allow index-concurrent \"alone\"\n");
    assert_eq!(reported("", &allowed), Vec::<String>::new());
    for other in ["CREATE INDEX CONCURRENTLY j ON t (b);", "ANALYZE t;"] {
        assert_eq!(reported("", &format!("{index} {other}"))[0], "2:1 warning index-concurrent");
    }
    let retried = index.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS");
    assert_eq!(reported("", &retried), ["2:1 warning index-concurrent"]);
}

/// No database has the table of a draft yet, so no one waits for its lock.
#[test]
fn a_key_to_the_table_of_a_draft_is_not_reported() {
    let locked = Source::of_texts(&CREATE).lock(&[], Some(analyse)).unwrap();
    let files = [
        CREATE[0],
        CREATE[1],
        ("2_customers.up.sql", "CREATE TABLE c (id int PRIMARY KEY);"),
        (
            "3_keys.up.sql",
            "CREATE TABLE o (c_id int REFERENCES c, t_id int REFERENCES t); CREATE INDEX ON o (c_id); CREATE INDEX ON o (t_id);",
        ),
        ("migrate.toml", "rollback = 'optional'"),
        ("migrate.lock", locked.text()),
    ];
    let messages = |files: &[(&str, &str)]| -> Vec<String> {
        let checked = Source::of_texts(files).check(&Overrides::default(), analyse).unwrap();
        checked.warnings.iter().map(|one| one.problem.to_string()).collect()
    };
    let key = |table: &str| {
        format!(
            "[fk-two-tables] controlled: the foreign key to `{table}` locks it: for an instant no one can write to `{table}`"
        )
    };
    assert_eq!(messages(&files), [key("t")]);
    // Without a lock file any table may be in use.
    assert_eq!(messages(&files[..5]), [key("c"), key("t")]);
}

#[test]
fn a_finding_for_any_engine_names_the_one_that_it_is_about() {
    let said = |up: &str| match checked("dialect = 'any'", up) {
        Ok(checked) => checked.warnings.iter().map(|one| one.problem.to_string()).collect::<Vec<_>>(),
        Err(diagnostics) => diagnostics.iter().map(|one| one.problem.to_string()).collect(),
    };
    let index = said("CREATE INDEX i ON t (a);");
    assert!(index[0].starts_with("[index-blocking] high: PostgreSQL: no one can write"), "{index:?}");
    let both = said(DROP);
    assert!(both[0].starts_with("[drop-column] high: ") && !both[0].contains("SQL"), "{both:?}");
    assert_eq!(
        said("ALTER TABLE t ALTER COLUMN a SET DEFAULT 1;"),
        ["SQLite has no `ALTER COLUMN a SET DEFAULT`"]
    );
    assert_eq!(
        said("CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT);"),
        ["PostgreSQL has no `AUTOINCREMENT`"]
    );
    assert_eq!(said("CREATE TABEL u (id int);"), ["syntax error near `TABEL`"]);
}
