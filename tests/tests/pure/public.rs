//! What the library shows: the names at its root, and that its types can grow.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The names at the root of `migrate`: what people type daily. What is needed less often belongs to a module.
const ROOT: &[&str] = &[
    // Modules.
    "build",
    "cli",
    "diagnostic",
    "lock_file",
    "schema",
    "scope",
    "testing",
    // Macros.
    "embed_migrations",
    "round_trip_test",
    "test",
    // A set of migrations.
    "Checksum",
    "Dialect",
    "Down",
    "Engine",
    "Execution",
    "Migration",
    "MigrationSet",
    "OlderBinaries",
    "Risk",
    "Script",
    "Version",
    "Work",
    // What is done with it.
    "Blocker",
    "Database",
    "Migrator",
    "OutOfOrder",
    "Progress",
    "Target",
    // What comes of it.
    "Action",
    "AppliedState",
    "Direction",
    "Error",
    "ErrorKind",
    "Finding",
    "MigrationReport",
    "MigrationState",
    "MigrationStatus",
    "Plan",
    "Refusal",
    "Report",
    "SetState",
    "Status",
    "Step",
    "Verification",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of a folder and those below it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names in the `pub use` of a file, of a path that begins like this.
fn reexported(source: &str, from: &str) -> Vec<String> {
    let statements = source.split("\npub use ").skip(1).map(|rest| rest.split_once(';').unwrap().0);
    let statements = statements.filter(|statement| statement.starts_with(from));
    let words =
        statements.flat_map(|statement| statement.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    // Types have a capital, and the macros and modules of a path do not; `test` is the one macro that is re-exported.
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase()) || *word == "test";
    words.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn the_root_holds_what_people_type_daily() {
    let migrate = workspace().join("migrate/src");
    let root = text(&migrate.join("lib.rs"));
    let modules = root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let mut names: BTreeSet<String> = modules.map(str::to_owned).collect();
    names.extend(reexported(&root, ""));
    for path in sources(&migrate) {
        let source = text(&path);
        let macros = source.split("#[macro_export]").skip(1);
        let macros = macros.filter_map(|rest| rest.split_once("macro_rules! ")?.1.split_once(' '));
        names.extend(macros.map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with("__")));
    }
    assert_eq!(names, ROOT.iter().map(|name| (*name).to_owned()).collect(), "left: migrate/src/lib.rs");
}

/// A type with a private field, or that is `#[non_exhaustive]`, gains fields and variants without breaking a caller.
/// Every other one says in its documentation why it does not have to: a line that begins with `Exhaustive: `.
#[test]
fn each_public_type_can_grow_or_says_why_not() {
    let (migrate, core) = (workspace().join("migrate/src"), workspace().join("migrate-core/src"));
    let mut of_core = BTreeSet::new();
    for file in ["lib.rs", "schema.rs", "diagnostic.rs"] {
        of_core.extend(reexported(&text(&migrate.join(file)), "migrate_core"));
    }
    let public_modules = ["scope", "testing", "cli", "build.rs", "lock_file.rs", "report.rs", "error.rs"];
    let is_public = |path: &Path| public_modules.iter().any(|module| path.starts_with(migrate.join(module)));
    let mut rigid = Vec::new();
    let mut count = 0;
    for path in sources(&migrate).into_iter().filter(|path| is_public(path)).chain(sources(&core)) {
        let source = text(&path);
        for found in Type::all(&source) {
            if path.starts_with(&core) && !of_core.contains(found.name) {
                continue;
            }
            count += 1;
            if !found.can_grow() {
                rigid.push(format!("{}: {}", path.display(), found.name));
            }
        }
    }
    assert!(count > 150, "only {count} types were found");
    assert!(rigid.is_empty(), "neither `#[non_exhaustive]` nor `Exhaustive: …`:\n{}", rigid.join("\n"));
}

/// The definition of a type in a source that rustfmt has formatted.
struct Type<'a> {
    name: &'a str,
    is_enum: bool,
    /// The documentation and the attributes.
    above: &'a str,
    /// What follows the name.
    body: &'a str,
}

impl<'a> Type<'a> {
    fn all(source: &'a str) -> Vec<Type<'a>> {
        let mut types = Vec::new();
        let mut at = 0;
        for line in source.split_inclusive('\n') {
            let begin = at;
            at += line.len();
            let indent = line.len() - line.trim_start().len();
            let word = line.trim_start();
            let (is_enum, rest) = match (word.strip_prefix("pub enum "), word.strip_prefix("pub struct ")) {
                (Some(rest), _) => (true, rest),
                (_, Some(rest)) => (false, rest),
                _ => continue,
            };
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let end = if line.trim_end().ends_with('{') {
                let close = format!("\n{}}}", &line[..indent]);
                source[begin..].find(&close).map_or(source.len(), |length| begin + length)
            } else {
                at
            };
            let paragraph = source[..begin].rfind("\n\n").map_or(0, |start| start + 2);
            types.push(Type { name, is_enum, above: &source[paragraph..begin], body: &source[begin..end] });
        }
        types
    }

    fn can_grow(&self) -> bool {
        let says_why = self.above.contains("/// Exhaustive: ");
        says_why || self.above.contains("#[non_exhaustive]") || (!self.is_enum && self.has_private_field())
    }

    fn has_private_field(&self) -> bool {
        let is_private = |field: &str| {
            let field = field.trim();
            let is_field = !field.is_empty() && !field.starts_with("//") && !field.starts_with('#');
            is_field && !field.starts_with("pub ")
        };
        let (head, fields) = self.body.split_once('\n').unwrap_or_default();
        match head.split_once('(') {
            Some((_, tuple)) if head.trim_end().ends_with(';') => tuple.split(',').any(is_private),
            _ => fields.lines().any(is_private),
        }
    }
}

#[test]
fn a_type_that_cannot_grow_is_noticed() {
    let grows = |source: &str| Type::all(source).iter().map(Type::can_grow).collect::<Vec<_>>();
    assert_eq!(grows("pub enum A {\n    B,\n}\n"), [false]);
    assert_eq!(grows("#[non_exhaustive]\npub enum A {\n    B,\n}\n\npub struct C;\n"), [true, false]);
    assert_eq!(grows("/// Text.\n///\n/// Exhaustive: two.\npub struct C {\n    pub a: u8,\n}\n"), [true]);
    assert_eq!(grows("pub struct C {\n    /// Text.\n    pub a: u8,\n}\n"), [false]);
    assert_eq!(grows("pub struct C {\n    pub a: u8,\n    pub(crate) b: u8,\n}\n"), [true]);
    assert_eq!(grows("pub struct C(u8);\n\npub struct D(pub u8);\n"), [true, false]);
}
