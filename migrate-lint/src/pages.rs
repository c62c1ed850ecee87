//! Holds the pages of the hazards to their form: the same headings in each, and SQL that parses, so that it can be copied.

use std::fs;
use std::path::Path;

use migrate_core::{Engine, Hazard};

use crate::sql;

const HEADINGS: &[&str] = &["Locks", "Flagged", "Safer", "When to allow it", "Sources"];

/// The pages that are not about one hazard.
const OTHER_PAGES: &[&str] = &["README", "accuracy"];

/// The name and text of each page of a hazard.
fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/hazards");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let pages = files.map(|path| {
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
    });
    let pages: Vec<_> = pages.filter(|(name, _)| !OTHER_PAGES.contains(&name.as_str())).collect();
    assert!(!pages.is_empty());
    pages
}

/// The SQL examples of a page: those for migrations, marked `sql`, and those marked `sql by-hand`.
fn examples(text: &str) -> impl Iterator<Item = &str> {
    text.split("```sql").skip(1).map(|rest| rest.split_once("```").unwrap().0.split_once('\n').unwrap().1)
}

#[test]
fn a_page_has_the_form_of_all_pages() {
    for (name, text) in pages() {
        assert!(Hazard::from_name(&name).is_some(), "{name} is not a hazard");
        assert!(text.starts_with(&format!("# {name}\n")), "{name}: its title is its name");
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, HEADINGS, "{name}");
        assert!(examples(&text).count() >= 2, "{name}: what is flagged, and what is safer");
    }
}

#[test]
fn examples_are_sql() {
    for (name, text) in pages() {
        for example in examples(&text) {
            let engines = [Engine::Postgres, Engine::Sqlite];
            let parses = engines.iter().any(|engine| sql::parse(example, *engine).errors.is_empty());
            assert!(parses, "{name}: {example}");
        }
    }
}

#[test]
fn an_exception_names_a_hazard() {
    for (name, text) in pages() {
        let allowed = text.lines().filter_map(|line| line.strip_prefix("-- migrate: allow "));
        for line in allowed {
            let (hazard, why) = line.split_once(' ').unwrap();
            assert!(Hazard::from_name(hazard).is_some(), "{name}: {line}");
            assert!(why.starts_with('"') && why.ends_with('"'), "{name}: {line}");
        }
    }
}
