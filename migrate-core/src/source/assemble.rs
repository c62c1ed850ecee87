//! One set from the files of a folder, with every problem of every file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::script::{self, Parsed};
use super::{Overrides, Source, SourceFile, join};
use crate::config::{Config, InvalidToml, Metadata, RollbackPolicy};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file_name::{self, FileName, Form, InvalidFileName, Part};
use crate::problem::Problem;
use crate::{Checksum, Dialect, Down, Migration, MigrationSet, OlderBinaries, Script, Version};

pub(super) const CONFIG_FILE: &str = "migrate.toml";
const LOCK_FILE: &str = "migrate.lock";

pub(super) fn assemble(source: &Source, overrides: &Overrides) -> Result<MigrationSet, Diagnostics> {
    let config = config(source)?;
    let dialect = overrides.dialect.unwrap_or(config.dialect);
    let name = overrides.set.clone().or_else(|| config.set.clone()).unwrap_or_else(|| "default".to_owned());
    let mut assembly = Assembly { source, config: &config, dialect, diagnostics: Vec::new() };
    let migrations = assembly.migrations();
    Diagnostics::none_of(assembly.diagnostics)?;
    let chain = migrations.iter().fold(None, |chain, migration| {
        Some(Checksum::chain(chain, migration.version, migration.up.checksum))
    });
    Ok(MigrationSet {
        name: name.into(),
        dialect,
        root: source.root.clone().into(),
        migrations: migrations.into(),
        chain,
    })
}

fn config(source: &Source) -> Result<Config, Diagnostics> {
    let Some(file) = source.files.iter().find(|file| file.path == CONFIG_FILE) else {
        return Ok(Config::default());
    };
    parse_toml(source, file, Config::parse).map_err(|diagnostic| Diagnostics::from(*diagnostic))
}

fn parse_toml<T>(
    source: &Source,
    file: &SourceFile,
    parse: impl Fn(&str) -> Result<T, InvalidToml>,
) -> Result<T, Box<Diagnostic>> {
    let path = source.display_path(&file.path);
    let text =
        str::from_utf8(&file.bytes).map_err(|_| Box::new(Diagnostic::of_file(Problem::NotUtf8, &path)))?;
    parse(text).map_err(|InvalidToml { message, offset }| {
        Box::new(Diagnostic::at(Problem::InvalidToml { message }, path, text, offset))
    })
}

impl Source {
    fn display_path(&self, inside: &str) -> String {
        join(&self.root, inside)
    }
}

struct Assembly<'a> {
    source: &'a Source,
    config: &'a Config,
    dialect: Dialect,
    diagnostics: Vec<Diagnostic>,
}

/// A file whose name is understood.
struct Named<'a> {
    file: &'a SourceFile,
    name: FileName,
}

impl Named<'_> {
    /// What the parts of one migration share: the folder, the version and the name.
    fn key(&self) -> (&str, &str) {
        let (folder, _) = self.file.path.rsplit_once('/').unwrap_or_default();
        (folder, &self.name.name)
    }
}

/// The files of one version.
#[derive(Default)]
struct Parts<'a> {
    up: Option<Named<'a>>,
    down: Option<Named<'a>>,
    verify: Option<Named<'a>>,
    metadata: Option<Named<'a>>,
}

impl<'a> Assembly<'a> {
    fn report(&mut self, problem: Problem, path: &str) {
        self.diagnostics.push(Diagnostic::of_file(problem, self.source.display_path(path)));
    }

    fn migrations(&mut self) -> Vec<Migration> {
        let named = self.named();
        let named = self.of_one_form(named);
        self.check_empty_folders(&named);
        self.check_dates(&named);
        if named.is_empty() && self.diagnostics.is_empty() {
            let root = self.source.root.clone();
            self.diagnostics.push(Diagnostic::of_file(Problem::EmptyDirectory, root));
        }
        let versions = self.by_version(named);
        versions.into_iter().filter_map(|(version, parts)| self.migration(version, &parts)).collect()
    }

    /// The files that are migrations, with their names understood.
    fn named(&mut self) -> Vec<Named<'a>> {
        let source = self.source;
        let mut named = Vec::new();
        let mut invalid = Vec::new();
        for file in source.files.iter().filter(|file| !self.is_no_migration(&file.path)) {
            match file_name::parse(&file.path) {
                Ok(name) => named.push(Named { file, name }),
                Err(reason) => invalid.push((file, reason)),
            }
        }
        let latest = named.iter().map(|named| named.name.version).max();
        for (file, reason) in invalid {
            let suggestion = suggestion(&file.path, &reason, latest);
            self.report(Problem::FileName { reason, suggestion }, &file.path);
        }
        named
    }

    fn is_no_migration(&self, path: &str) -> bool {
        let file = path.rsplit('/').next().unwrap_or_default();
        let is_markdown = file.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("md"));
        is_markdown || path == CONFIG_FILE || path == LOCK_FILE || self.config.ignores(path)
    }

    /// The files of the form that most have. A verify script goes with either flat form.
    fn of_one_form(&mut self, named: Vec<Named<'a>>) -> Vec<Named<'a>> {
        let votes = |named: &&Named<'_>| !matches!(named.name.part, Part::Verify | Part::Metadata);
        let mut counts: BTreeMap<Form, usize> = BTreeMap::new();
        for named in named.iter().filter(votes) {
            *counts.entry(named.name.form).or_default() += 1;
        }
        let Some((&most, _)) = counts.iter().rev().max_by_key(|(_, count)| **count) else { return named };
        let example = named.iter().find(|named| votes(named) && named.name.form == most);
        let example = example.map_or(String::new(), |named| named.file.path.clone());
        let goes_with = |named: &Named<'_>| {
            let is_flat = |form| matches!(form, Form::FlatPair | Form::FlatSingle);
            named.name.form == most
                || (named.name.part == Part::Verify && is_flat(most) && is_flat(named.name.form))
        };
        let (one, others): (Vec<_>, Vec<_>) = named.into_iter().partition(goes_with);
        for named in others {
            let problem =
                Problem::MixedForms { form: named.name.form, other_form: most, other: example.clone() };
            self.report(problem, &named.file.path);
        }
        one
    }

    /// A folder named as a migration with nothing in it was to be one.
    fn check_empty_folders(&mut self, named: &[Named<'_>]) {
        if named.iter().any(|named| named.name.form == Form::Directory) {
            for folder in &self.source.empty_folders {
                if file_name::parse(&format!("{folder}/up.sql")).is_ok() {
                    self.report(Problem::DirectoryWithoutUp, folder);
                }
            }
        }
    }

    fn check_dates(&mut self, named: &[Named<'_>]) {
        let ups = || named.iter().filter(|named| named.name.part == Part::Up);
        let Some(timestamp) = ups().find(|named| named.name.version.is_timestamp()) else { return };
        for date in ups().filter(|named| named.name.version.is_date()) {
            let other = timestamp.file.path.clone();
            self.report(Problem::DateAmongTimestamps { version: date.name.version, other }, &date.file.path);
        }
    }

    fn by_version(&mut self, named: Vec<Named<'a>>) -> BTreeMap<Version, Parts<'a>> {
        let mut versions: BTreeMap<Version, Parts<'a>> = BTreeMap::new();
        // Migrations first, so that their other parts find them.
        let (ups, others): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|named| named.name.part == Part::Up);
        for up in ups {
            let parts = versions.entry(up.name.version).or_default();
            match &parts.up {
                Some(first) => {
                    let other = first.file.path.clone();
                    let problem = if first.key() == up.key() {
                        Problem::DuplicatePart { other }
                    } else {
                        Problem::DuplicateVersion { version: up.name.version, other }
                    };
                    self.report(problem, &up.file.path);
                }
                None => parts.up = Some(up),
            }
        }
        for part in others {
            self.add_part(&mut versions, part);
        }
        versions
    }

    fn add_part(&mut self, versions: &mut BTreeMap<Version, Parts<'a>>, part: Named<'a>) {
        let what = match part.name.part {
            Part::Down => "rollback script",
            Part::Verify => "verify script",
            Part::Up | Part::Metadata => "metadata file",
        };
        let parts = versions.get_mut(&part.name.version);
        let twin = parts.as_ref().and_then(|parts| parts.up.as_ref()).map(|up| up.file.path.clone());
        let Some(parts) = parts.filter(|parts| parts.up.as_ref().is_some_and(|up| up.key() == part.key()))
        else {
            return self.report(Problem::Orphan { what, twin }, &part.file.path);
        };
        let slot = match part.name.part {
            Part::Down => &mut parts.down,
            Part::Verify => &mut parts.verify,
            Part::Up | Part::Metadata => &mut parts.metadata,
        };
        match slot {
            Some(first) => {
                let other = first.file.path.clone();
                self.report(Problem::DuplicatePart { other }, &part.file.path);
            }
            empty => *empty = Some(part),
        }
    }

    /// The migration of a version, if it can be understood so far that others can be checked against it.
    fn migration(&mut self, version: Version, parts: &Parts<'a>) -> Option<Migration> {
        let up = parts.up.as_ref()?;
        self.check_name(up);
        let in_transaction = parts.metadata.as_ref().is_none_or(|metadata| self.metadata(metadata));
        let parsed = self.script(up, in_transaction);
        if parsed.problems.is_empty() && parsed.script.statements.is_empty() {
            self.report(Problem::EmptyScript, &up.file.path);
        }
        let down = self.down(up, parts.down.as_ref(), parsed.directives.irreversible, in_transaction);
        let verify = parts.verify.as_ref().map(|verify| self.script(verify, true).script);
        Some(Migration {
            version,
            name: up.name.name.clone().into(),
            up: parsed.script,
            down,
            verify,
            risk: parsed.directives.risk,
            older_binaries: parsed.directives.older_binaries.unwrap_or(OlderBinaries::Refuse),
        })
    }

    fn check_name(&mut self, up: &Named<'_>) {
        let Some(policy) = &self.config.names else { return };
        let name = up.name.name.clone();
        if policy.vague.contains(&name) {
            self.report(Problem::VagueName { name }, &up.file.path);
        } else if policy.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&name)) {
            self.report(Problem::NameOutsidePattern { name }, &up.file.path);
        }
    }

    /// Whether diesel's `metadata.toml` leaves the migration in a transaction.
    fn metadata(&mut self, metadata: &Named<'_>) -> bool {
        match parse_toml(self.source, metadata.file, Metadata::parse) {
            Ok(metadata) => metadata.run_in_transaction,
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                true
            }
        }
    }

    fn down(
        &mut self,
        up: &Named<'_>,
        down: Option<&Named<'_>>,
        irreversible: Option<String>,
        in_transaction: bool,
    ) -> Down {
        let is_required = self.config.rollback == RollbackPolicy::Required;
        let Some(down) = down else {
            if is_required && irreversible.is_none() {
                self.report(Problem::MissingDown { expected: expected_down(up) }, &up.file.path);
            }
            return Down::Irreversible(irreversible.map(Cow::Owned));
        };
        let Parsed { script, directives, problems } = self.script(down, in_transaction);
        let is_empty = problems.is_empty() && script.statements.is_empty();
        if irreversible.is_some() {
            let down = self.source.display_path(&down.file.path);
            self.report(Problem::IrreversibleWithDown { down }, &up.file.path);
        } else if directives.nothing_to_undo.is_some() && !script.statements.is_empty() {
            self.report(Problem::NothingToUndoWithStatements, &down.file.path);
        } else if is_empty && directives.nothing_to_undo.is_none() {
            if is_required {
                self.report(Problem::EmptyDown, &down.file.path);
            }
            return Down::Irreversible(None);
        }
        Down::Script(script)
    }

    /// Reads a script and reports its problems.
    fn script(&mut self, named: &Named<'_>, in_transaction: bool) -> Parsed {
        let SourceFile { path, bytes } = named.file;
        let parsed = script::parse(path, bytes, named.name.part, self.dialect, in_transaction);
        let Script { sql, .. } = &parsed.script;
        for (problem, at) in &parsed.problems {
            let path = self.source.display_path(path);
            self.diagnostics.push(match at {
                Some(at) => Diagnostic::at(problem.clone(), path, sql, *at),
                None => Diagnostic::of_file(problem.clone(), path),
            });
        }
        parsed
    }
}

/// The name of the rollback script of a migration.
fn expected_down(up: &Named<'_>) -> String {
    let (folder, file) = up.file.path.rsplit_once('/').unwrap_or(("", &up.file.path));
    let file = match up.name.form {
        Form::Directory => "down.sql".to_owned(),
        Form::Prefixed => format!("U{}", &file[1..]),
        Form::FlatPair | Form::FlatSingle => {
            let stem = file.strip_suffix(".sql").unwrap_or(file);
            format!("{}.down.sql", stem.strip_suffix(".up").unwrap_or(stem))
        }
    };
    if folder.is_empty() { file } else { format!("{folder}/{file}") }
}

/// The path with a version that comes after all others.
fn suggestion(path: &str, reason: &InvalidFileName, latest: Option<Version>) -> Option<String> {
    if *reason != InvalidFileName::NoVersion {
        return None;
    }
    let next = next_version(latest)?;
    let is_directory = file_name::parse(&format!("1_{path}")).is_ok_and(|name| name.form == Form::Directory)
        || matches!(path.rsplit('/').next(), Some("up.sql" | "down.sql" | "verify.sql" | "migration.sql"));
    let name_at = match path.rfind('/') {
        Some(slash) if is_directory => path[..slash].rfind('/').map_or(0, |slash| slash + 1),
        Some(slash) => slash + 1,
        None => 0,
    };
    let (folder, name) = path.split_at(name_at);
    let name = name.trim_start_matches(|c: char| !c.is_alphabetic());
    Some(format!("{folder}{next}_{name}"))
}

/// A version above `latest`: the next second of a timestamp, else the next number.
fn next_version(latest: Option<Version>) -> Option<Version> {
    let Some(latest) = latest else { return Version::new(20_251_107_100_000) };
    let mut following =
        (1..1_000_000).filter_map(|step| Version::from_i64(latest.as_i64().checked_add(step)?));
    if latest.is_timestamp() { following.find(|version| version.is_timestamp()) } else { following.next() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Execution, InvalidVersion};

    /// A source of these files, each a path and its text.
    fn source(files: &[(&str, &str)]) -> Source {
        let file =
            |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), bytes: (*text).into() };
        let mut files: Vec<SourceFile> = files.iter().map(file).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Source { root: "migrations".into(), files, empty_folders: Vec::new() }
    }

    fn set(files: &[(&str, &str)]) -> MigrationSet {
        assemble(&source(files), &Overrides::default()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
    }

    /// Each problem with its path.
    fn problems(files: &[(&str, &str)]) -> Vec<(String, Problem)> {
        let Err(diagnostics) = assemble(&source(files), &Overrides::default()) else { return Vec::new() };
        let inside = |path: &str| path.strip_prefix("migrations/").unwrap_or(path).to_owned();
        diagnostics.iter().map(|one| (inside(&one.path), one.problem.clone())).collect()
    }

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    fn text(text: &str) -> String {
        text.to_owned()
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
            ("migrate.lock", ""),
            ("seed.sql", "nonsense 'x"),
            ("migrate.toml", "ignore = ['seed.sql']\nset = 'billing'\ndialect = 'sqlite'"),
            ("1_a.up.sql", SQL),
            ("1_a.down.sql", SQL),
        ]);
        assert_eq!((set.name(), set.dialect(), set.migrations().len()), ("billing", Dialect::Sqlite, 1));
        assert_eq!(set.display_path("1_a.up.sql"), "migrations/1_a.up.sql");
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
    fn each_bad_folder_has_its_problem() {
        let down = |problem| vec![(text("1_a.up.sql"), problem)];
        let pair = |version, other: &str| Problem::DuplicateVersion { version, other: text(other) };
        let name =
            |reason, suggestion: Option<&str>| Problem::FileName { reason, suggestion: suggestion.map(text) };
        type Case<'a> = (&'a [(&'a str, &'a str)], Vec<(String, Problem)>);
        let cases: Vec<Case<'_>> = vec![
            (&[], vec![(text("migrations"), Problem::EmptyDirectory)]),
            (&[("README.md", "")], vec![(text("migrations"), Problem::EmptyDirectory)]),
            (&[("1_a.up.sql", SQL)], down(Problem::MissingDown { expected: text("1_a.down.sql") })),
            (
                &[("1_a.sql", SQL)],
                vec![(text("1_a.sql"), Problem::MissingDown { expected: text("1_a.down.sql") })],
            ),
            (
                &[("x/1_a/up.sql", SQL)],
                vec![(text("x/1_a/up.sql"), Problem::MissingDown { expected: text("x/1_a/down.sql") })],
            ),
            (
                &[("V1__a.sql", SQL)],
                vec![(text("V1__a.sql"), Problem::MissingDown { expected: text("U1__a.sql") })],
            ),
            (
                &[("1_a.up.sql", SQL), ("1_a.down.sql", " -- none")],
                vec![(text("1_a.down.sql"), Problem::EmptyDown)],
            ),
            (&[("1_a.up.sql", "/* */"), ("1_a.down.sql", SQL)], down(Problem::EmptyScript)),
            (
                &[("1_a.up.sql", "-- migrate: irreversible \"x\"\nSELECT 1"), ("1_a.down.sql", SQL)],
                down(Problem::IrreversibleWithDown { down: text("migrations/1_a.down.sql") }),
            ),
            (
                &[("1_a.up.sql", SQL), ("1_a.down.sql", "-- migrate: nothing-to-undo \"x\"\nSELECT 1")],
                vec![(text("1_a.down.sql"), Problem::NothingToUndoWithStatements)],
            ),
            (
                &[("1_a.up.sql", SQL), ("1_a.down.sql", SQL), ("0001_b.up.sql", SQL), ("x/1_a.up.sql", SQL)],
                vec![
                    (text("1_a.up.sql"), pair(version(1), "0001_b.up.sql")),
                    (text("x/1_a.up.sql"), pair(version(1), "0001_b.up.sql")),
                    (
                        text("1_a.down.sql"),
                        Problem::Orphan { what: "rollback script", twin: Some(text("0001_b.up.sql")) },
                    ),
                    (text("0001_b.up.sql"), Problem::MissingDown { expected: text("0001_b.down.sql") }),
                ],
            ),
            (
                &[("1_a/up.sql", SQL), ("1_a/migration.sql", SQL), ("1_a/down.sql", SQL)],
                vec![(text("1_a/up.sql"), Problem::DuplicatePart { other: text("1_a/migration.sql") })],
            ),
            (
                &[("1_a.down.sql", SQL)],
                vec![(text("1_a.down.sql"), Problem::Orphan { what: "rollback script", twin: None })],
            ),
            (
                &[("1_a/metadata.toml", "")],
                vec![(text("1_a/metadata.toml"), Problem::Orphan { what: "metadata file", twin: None })],
            ),
            (
                &[("1_a.up.sql", SQL), ("1_a.down.sql", SQL), ("2_b.sql", SQL)],
                vec![(
                    text("2_b.sql"),
                    Problem::MixedForms {
                        form: Form::FlatSingle,
                        other_form: Form::FlatPair,
                        other: text("1_a.down.sql"),
                    },
                )],
            ),
            (
                &[
                    ("20251117022438_a.sql", SQL),
                    ("20251202_b.sql", SQL),
                    ("migrate.toml", "rollback = 'optional'"),
                ],
                vec![(
                    text("20251202_b.sql"),
                    Problem::DateAmongTimestamps {
                        version: version(20251202),
                        other: text("20251117022438_a.sql"),
                    },
                )],
            ),
            (
                &[
                    ("20251117235959_a.up.sql", SQL),
                    ("20251117235959_a.down.sql", SQL),
                    ("add_indexes.up.sql", SQL),
                ],
                vec![(
                    text("add_indexes.up.sql"),
                    name(InvalidFileName::NoVersion, Some("20251118000000_add_indexes.up.sql")),
                )],
            ),
            (
                &[("1_a/up.sql", SQL), ("1_a/down.sql", SQL), ("x/add_b/up.sql", SQL)],
                vec![(text("x/add_b/up.sql"), name(InvalidFileName::NoVersion, Some("x/2_add_b/up.sql")))],
            ),
            (
                &[("9223372036854775808_a.up.sql", SQL)],
                vec![(
                    text("9223372036854775808_a.up.sql"),
                    name(InvalidFileName::Version(InvalidVersion::TooLarge), None),
                )],
            ),
            (&[("data.csv", "")], vec![(text("data.csv"), name(InvalidFileName::Unknown, None))]),
            (
                &[
                    ("1_fix.sql", SQL),
                    ("2_B.sql", SQL),
                    ("migrate.toml", "rollback = 'optional'\n[names]\npattern = '[a-z]+'"),
                ],
                vec![
                    (text("1_fix.sql"), Problem::VagueName { name: text("fix") }),
                    (text("2_B.sql"), Problem::NameOutsidePattern { name: text("B") }),
                ],
            ),
        ];
        for (files, want) in cases {
            assert_eq!(problems(files), want, "{files:?}");
        }
    }

    #[test]
    fn empty_folders_of_migrations_are_told() {
        let mut source = source(&[("1_a/up.sql", SQL), ("1_a/down.sql", SQL)]);
        source.empty_folders = vec![text("2_b"), text("billing")];
        let diagnostics = assemble(&source, &Overrides::default()).unwrap_err();
        let found: Vec<_> = diagnostics.iter().map(|one| (one.path.as_str(), &one.problem)).collect();
        assert_eq!(found, [("migrations/2_b", &Problem::DirectoryWithoutUp)]);
    }

    #[test]
    fn a_broken_configuration_is_the_only_problem_told() {
        let diagnostics = assemble(
            &source(&[("migrate.toml", "set = 'a'\nrolback = 1"), ("x", "")]),
            &Overrides::default(),
        );
        let text = diagnostics.unwrap_err().to_string();
        assert!(
            text.contains("unknown field `rolback`") && text.contains("--> migrations/migrate.toml:2:1"),
            "{text}"
        );
    }

    #[test]
    fn overrides_win_over_the_configuration() {
        let overrides = Overrides { dialect: Some(Dialect::Sqlite), set: Some(text("jobs")) };
        let files =
            [("1_a.up.sql", SQL), ("1_a.down.sql", SQL), ("migrate.toml", "set = 'x'\ndialect = 'any'")];
        let set = assemble(&source(&files), &overrides).unwrap();
        assert_eq!((set.name(), set.dialect()), ("jobs", Dialect::Sqlite));
    }

    #[test]
    fn a_diagnostic_reads_like_rustcs() {
        let diagnostics = assemble(
            &source(&[("1_a.up.sql", "SELECT 1;\n\tSELECT 'x;\n"), ("1_a.down.sql", SQL)]),
            &Overrides::default(),
        );
        assert_eq!(
            diagnostics.unwrap_err().to_string(),
            "this string never ends\n --> migrations/1_a.up.sql:2:9\n   |\n 2 | \tSELECT 'x;\n   | \t       ^\n help: close it"
        );
    }
}
