//! The code asks for what an engine can do, and not for its name: a third engine is a file, and not a search.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The sources of the product.
const SOURCES: [&str; 5] =
    ["migrate/src", "migrate-cli/src", "migrate-core/src", "migrate-lint/src", "migrate-macros/src"];

/// Where the engines may be compared: each engine has a file of its own there.
const OF_ENGINES: [&str; 2] = ["migrate-core/src/dialect", "migrate-core/src/engine"];

#[test]
fn no_engine_is_asked_for_by_name() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in SOURCES.iter().flat_map(|folder| files(&workspace.join(folder))) {
        let is_exempt = OF_ENGINES.iter().any(|folder| path.starts_with(workspace.join(folder)));
        if is_exempt || is_of_tests(&path) {
            continue;
        }
        count += 1;
        let file = path.strip_prefix(&workspace).unwrap().display();
        let source = fs::read_to_string(&path).unwrap();
        wrong.extend(comparisons(&source).into_iter().map(|line| format!("{file}:{line}")));
    }
    assert!(count > 200, "only {count} files were found");
    assert!(
        wrong.is_empty(),
        "an engine is compared by name. Name what the test asks as a capability in \
         migrate-core/src/engine/capability.rs, with a value in each engine's file, and use its method:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_planted_comparison_is_found() {
    for code in [
        "if engine == Engine::Postgres {}",
        "if engine != migrate_core::Engine::Sqlite {}",
        "if Engine::Sqlite == w.engine {}",
        "is(self.engine\n== &Engine::Postgres)",
        "matches!(self.at(1), (Engine::Postgres, _))",
    ] {
        assert_eq!(comparisons(&format!("// One.\n{code}")).len(), 1, "{code}");
    }
    for code in [
        "match engine { Engine::Postgres => 1, Engine::Sqlite => 2 }",
        "Script::of_text(sql, Engine::Postgres)",
        "matches!(word, \"null\") && f(Engine::Postgres)",
        "// if engine == Engine::Postgres",
        "#[cfg(test)]\nmod tests { fn f() { engine == Engine::Postgres } }",
    ] {
        assert_eq!(comparisons(code), [0; 0], "{code}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Whether only tests compile the file, by its name.
fn is_of_tests(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("tests"))
}

/// The lines that compare with an engine. Comments and modules of tests at the end of a file are left out.
fn comparisons(source: &str) -> Vec<usize> {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
    let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    let code = lines.collect::<Vec<_>>().join("\n");
    let is_compared = |at: usize| {
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let before = code[..at].trim_end_matches(is_path).trim_end_matches(['&', '(']).trim_end();
        let after = code[at..].trim_start_matches(is_path).trim_start();
        let operators = ["==", "!="];
        operators.iter().any(|one| before.ends_with(one) || after.starts_with(one))
            || is_inside_matches(&code[..at])
    };
    let found = code.match_indices("Engine::").map(|(at, _)| at).filter(|at| is_compared(*at));
    found.map(|at| code[..at].matches('\n').count() + 1).collect()
}

/// Whether the text ends inside of a `matches!(…)`.
fn is_inside_matches(before: &str) -> bool {
    let Some((_, inside)) = before.rsplit_once("matches!(") else { return false };
    let mut depth = 1;
    inside.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth > 0
    })
}
