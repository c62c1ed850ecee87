//! New migrations, and drafts that get other versions.

use super::{Outline, Overrides, Source, SourceFile};
use crate::Version;

const NOW: i64 = 20251121180000;

fn now() -> Version {
    Version::from_i64(NOW).unwrap()
}

fn source(paths: &[&str]) -> Source {
    let file = |path: &&str| {
        let bytes = if path.ends_with("migrate.toml") { "" } else { "SELECT 1;" };
        SourceFile { path: (*path).to_owned(), bytes: bytes.into() }
    };
    let files = paths.iter().map(file).collect();
    Source { root: "migrations".to_owned(), files, empty_folders: Vec::new() }
}

fn with_file(mut source: Source, path: &str, text: &str) -> Source {
    source.files.push(SourceFile { path: path.to_owned(), bytes: text.into() });
    source
}

fn outline(source: &Source) -> Outline {
    source.outline(&Overrides::default()).unwrap()
}

#[test]
fn a_new_migration_comes_last_in_the_form_of_the_folder() {
    let cases: [(&[&str], &str, &str, Option<&str>); 9] = [
        (&[], "", "20251121180000_add_x.up.sql", Some("20251121180000_add_x.down.sql")),
        (
            &["20250101000000_a.up.sql"],
            "auth",
            "auth/20251121180000_add_x.up.sql",
            Some("auth/20251121180000_add_x.down.sql"),
        ),
        // Somebody's clock is ahead.
        (
            &["20261231235959_a.up.sql"],
            "",
            "20270101000000_add_x.up.sql",
            Some("20270101000000_add_x.down.sql"),
        ),
        (&["20250101000000_a.sql"], "", "20251121180000_add_x.sql", None),
        (&["7_a.up.sql", "12_b.up.sql"], "", "13_add_x.up.sql", Some("13_add_x.down.sql")),
        (&["0009_a/up.sql"], "", "0010_add_x/up.sql", Some("0010_add_x/down.sql")),
        (&["V9__a.sql"], "", "V10__add_x.sql", Some("U10__add_x.sql")),
        (
            &["00000000000000_diesel_initial_setup/up.sql"],
            "",
            "20251121180000_add_x/up.sql",
            Some("20251121180000_add_x/down.sql"),
        ),
        (
            &["2024-02-12-120203_a/up.sql"],
            "",
            "2025-11-21-180000_add_x/up.sql",
            Some("2025-11-21-180000_add_x/down.sql"),
        ),
    ];
    for (paths, domain, up, down) in cases {
        let new = outline(&source(paths)).new_migrations(domain, &["add_x"], now()).unwrap().remove(0);
        assert_eq!((new.up.as_str(), new.down.as_deref()), (up, down), "{paths:?}");
    }
}

#[test]
fn a_name_that_the_policy_refuses_is_told() {
    let source = with_file(source(&[]), "migrate.toml", "[names]\npattern = \"[a-z_]+\"\n");
    let told = |name| outline(&source).new_migrations("", &[name], now()).map_err(|told| told.to_string());
    assert!(told("add_x").is_ok());
    for (name, path) in [("fix", "20251121180000_fix.up.sql"), ("AddX", "20251121180000_AddX.up.sql")] {
        let told = told(name).unwrap_err();
        assert!(told.contains(path), "{told}");
    }
}

/// The paths that a rebase renames, of a folder in which these are locked.
fn rebased(locked: &[&str], drafts: &[&str]) -> Vec<(String, String)> {
    let set = source(locked);
    let text = set.lock(&[], None).unwrap().text().to_owned();
    let all: Vec<&str> = locked.iter().chain(drafts).copied().collect();
    let source = with_file(source(&all), "migrate.lock", &text);
    outline(&source).rebased(now()).into_iter().flat_map(|renumbering| renumbering.paths).collect()
}

#[track_caller]
fn case(locked: &[&str], drafts: &[&str], want: &[(&str, &str)]) {
    let pair = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
    assert_eq!(rebased(locked, drafts), want.iter().map(pair).collect::<Vec<_>>(), "{drafts:?}");
}

#[test]
fn drafts_come_after_what_is_locked() {
    let (a, a_down) = ("5_a.up.sql", "5_a.down.sql");
    case(&[a, a_down], &[], &[]);
    case(&[a, a_down], &["6_b.up.sql", "6_b.down.sql"], &[]);
    case(
        &[a, a_down],
        &["3_b.up.sql", "3_b.down.sql", "3_b.verify.sql"],
        &[
            ("3_b.up.sql", "6_b.up.sql"),
            ("3_b.down.sql", "6_b.down.sql"),
            ("3_b.verify.sql", "6_b.verify.sql"),
        ],
    );
    // The order of the drafts stays.
    case(
        &[a, a_down],
        &["3_b.up.sql", "3_b.down.sql", "4_c.up.sql", "4_c.down.sql", "6_d.up.sql", "6_d.down.sql"],
        &[
            ("3_b.up.sql", "6_b.up.sql"),
            ("3_b.down.sql", "6_b.down.sql"),
            ("4_c.up.sql", "7_c.up.sql"),
            ("4_c.down.sql", "7_c.down.sql"),
            ("6_d.up.sql", "8_d.up.sql"),
            ("6_d.down.sql", "8_d.down.sql"),
        ],
    );
    // Two branches took one version.
    case(
        &[a, a_down],
        &["5_b.up.sql", "5_b.down.sql"],
        &[("5_b.up.sql", "6_b.up.sql"), ("5_b.down.sql", "6_b.down.sql")],
    );
}

#[test]
fn every_form_is_renamed_as_it_is() {
    case(
        &["x/0005_a/up.sql", "x/0005_a/down.sql"],
        &["y/0003_b/up.sql", "y/0003_b/down.sql"],
        &[("y/0003_b", "y/0006_b")],
    );
    case(
        &["V5__a.sql", "U5__a.sql"],
        &["V3__b.sql", "U3__b.sql"],
        &[("V3__b.sql", "V6__b.sql"), ("U3__b.sql", "U6__b.sql")],
    );
    let moment = "20250601000000_a";
    case(
        &[&format!("{moment}.up.sql"), &format!("{moment}.down.sql")],
        &["20250501000000_b.up.sql", "20250501000000_b.down.sql"],
        &[
            ("20250501000000_b.up.sql", "20251121180000_b.up.sql"),
            ("20250501000000_b.down.sql", "20251121180000_b.down.sql"),
        ],
    );
    // A draft that comes after it already stays behind it.
    case(
        &[&format!("{moment}.up.sql"), &format!("{moment}.down.sql")],
        &[
            "20250501000000_b.up.sql",
            "20250501000000_b.down.sql",
            "20250701000000_c.up.sql",
            "20250701000000_c.down.sql",
        ],
        &[
            ("20250501000000_b.up.sql", "20250601000001_b.up.sql"),
            ("20250501000000_b.down.sql", "20250601000001_b.down.sql"),
        ],
    );
}

#[test]
fn a_locked_migration_under_another_name_is_no_draft() {
    let locked = source(&["5_a.up.sql", "5_a.down.sql"]).lock(&[], None).unwrap().text().to_owned();
    let source = with_file(source(&["5_b.up.sql", "5_b.down.sql"]), "migrate.lock", &locked);
    assert_eq!(outline(&source).rebased(now()), []);
}
