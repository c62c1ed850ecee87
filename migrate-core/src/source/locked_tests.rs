//! Folders against their lock files.

use super::{Overrides, Source, SourceFile};
use crate::{Checksum, Diagnostics, LockChange, Version};

/// Three migrations, all of them locked.
const FILES: [(&str, &str); 6] = [
    ("10_a.up.sql", "SELECT 1;"),
    ("10_a.down.sql", "SELECT -1;"),
    ("20_b.up.sql", "SELECT 2;"),
    ("20_b.down.sql", "SELECT -2;"),
    ("30_c.up.sql", "SELECT 3;"),
    ("30_c.down.sql", "SELECT -3;"),
];

#[derive(Clone)]
struct Folder(Vec<(String, String)>);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Folder {
        Folder(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn locked() -> Folder {
        Folder::of(&FILES).lock(&[])
    }

    fn write(mut self, path: &str, text: &str) -> Folder {
        self.0.retain(|(of, _)| of != path);
        self.0.push((path.to_owned(), text.to_owned()));
        self
    }

    fn remove(mut self, start: &str) -> Folder {
        self.0.retain(|(path, _)| !path.starts_with(start));
        self
    }

    fn rename(mut self, from: &str, to: &str) -> Folder {
        self.0.iter_mut().for_each(|(path, _)| *path = path.replace(from, to));
        self
    }

    fn source(&self) -> Source {
        let file =
            |(path, text): &(String, String)| SourceFile { path: path.clone(), bytes: text.clone().into() };
        let mut files: Vec<SourceFile> = self.0.iter().map(file).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Source { root: "m".into(), files, empty_folders: Vec::new() }
    }

    fn lock_text(&self) -> &str {
        &self.0.iter().find(|(path, _)| path == "migrate.lock").unwrap().1
    }

    /// The folder once its lock file is brought up to date.
    fn lock(self, accept: &[u64]) -> Folder {
        let text = self.update(accept).0;
        self.write("migrate.lock", &text)
    }

    /// What locking makes of the lock file, and what it says that it changes.
    #[track_caller]
    fn update(&self, accept: &[u64]) -> (String, Vec<String>) {
        let accept: Vec<Version> = accept.iter().map(|version| Version::new(*version).unwrap()).collect();
        let update = self.source().lock(&accept, None).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        (update.text().to_owned(), update.changes().iter().map(LockChange::to_string).collect())
    }

    fn problems(&self) -> Vec<String> {
        told(self.source().into_set(&Overrides::default()).map(drop))
    }

    fn refused(&self) -> Vec<String> {
        told(self.source().lock(&[], None).map(drop))
    }
}

/// Each problem with the place where it is reported.
fn told(result: Result<(), Diagnostics>) -> Vec<String> {
    let Err(diagnostics) = result else { return Vec::new() };
    let place =
        |one: &crate::Diagnostic| one.position.map_or(String::new(), |position| format!(":{position}"));
    diagnostics.iter().map(|one| format!("{}{} {}", one.path, place(one), one.problem)).collect()
}

const EDIT: &str = "SELECT 2 + 0;";

#[test]
fn what_is_locked_stays() {
    let cases: [(Folder, &[&str]); 14] = [
        (Folder::locked(), &[]),
        (
            Folder::locked().write("20_b.up.sql", EDIT),
            &["m/20_b.up.sql the script of 20_b was edited after it was locked"],
        ),
        (
            Folder::locked().write("20_b.down.sql", EDIT),
            &["m/20_b.down.sql the rollback script of 20_b was edited after it was locked"],
        ),
        // The same text on another platform and from another editor is no edit.
        (Folder::locked().write("20_b.up.sql", "\u{feff}SELECT 2;\r\n\r\n"), &[]),
        // A verify script may come and go.
        (Folder::locked().write("20_b.verify.sql", "SELECT 1;"), &[]),
        (Folder::locked().remove("20_b"), &["m/migrate.lock:3:1 20_b is locked, and its script is gone"]),
        (
            Folder::locked().remove("20_b.down"),
            &["m/migrate.lock:3:1 20_b was locked with a rollback script, which is gone"],
        ),
        (
            Folder::locked().rename("20_b", "20_z"),
            &["m/20_z.up.sql 20_z is a new name for 20_b, which is locked"],
        ),
        (
            Folder::locked().rename("20_b", "25_b"),
            &["m/25_b.up.sql 25_b is a new name for 20_b, which is locked"],
        ),
        // Another folder of the tree is no other name.
        (Folder::locked().rename("20_b", "billing/0020_b"), &[]),
        (
            Folder::locked().write("25_x.up.sql", "SELECT 9;").write("25_x.down.sql", "SELECT 9;"),
            &["m/25_x.up.sql 25_x is new, and comes before 30_c, which is locked"],
        ),
        (Folder::locked().write("40_d.up.sql", "SELECT 4;").write("40_d.down.sql", "SELECT 4;"), &[]),
        // What is missing may be what is misnamed: one message.
        (Folder::locked().rename("20_b", "b"), &["m/b.up.sql the name has no version"]),
        (
            Folder::locked().write("20_b.up.sql", "SELECT 'x").remove("30_c"),
            &[
                "m/20_b.up.sql the script of 20_b was edited after it was locked",
                "m/20_b.up.sql:1:8 this string never ends",
                "m/migrate.lock:4:1 30_c is locked, and its script is gone",
            ],
        ),
    ];
    for (folder, want) in cases {
        assert_eq!(folder.problems(), want);
        // Locking again is no way around it.
        assert_eq!(folder.refused(), want);
    }
}

#[test]
fn a_new_migration_is_shown_a_place_at_the_end() {
    let folder = Folder::locked().write("x/25_x.up.sql", EDIT).write("x/25_x.down.sql", EDIT);
    let diagnostics = folder.source().into_set(&Overrides::default()).unwrap_err();
    let help = diagnostics.iter().next().unwrap().problem.help();
    assert!(help.ends_with("above all others, as in `m/x/31_x.up.sql`"), "{help}");
}

#[test]
fn drafts_are_free_unless_the_policy_refuses_them() {
    const REQUIRED: &str = "lock = 'required'";
    let folder = Folder::of(&FILES).write("migrate.toml", REQUIRED);
    let missing = "m/migrate.lock migrate.toml says `lock = \"required\"`, and there is no lock file";
    assert_eq!(folder.problems(), [missing]);
    let folder = folder.lock(&[]);
    assert_eq!(folder.problems(), [""; 0]);

    let folder = folder.write("40_d.up.sql", "SELECT 4;").write("40_d.down.sql", "SELECT 4;");
    let draft = "m/40_d.up.sql 40_d is not locked, and migrate.toml says `lock = \"required\"`";
    assert_eq!(folder.problems(), [draft]);
    assert_eq!(folder.clone().lock(&[]).problems(), [""; 0]);
    assert_eq!(folder.clone().write("migrate.toml", "lock = 'if-present'").problems(), [""; 0]);
    // A lock file that does not read is not missing.
    let malformed = folder.write("migrate.lock", "").problems();
    assert_eq!(malformed.len(), 1, "{malformed:?}");
    assert!(
        malformed[0].starts_with("m/migrate.lock:1:1 the lock file lacks a comment that begins"),
        "{malformed:?}"
    );
}

#[test]
fn locking_appends_drafts_and_changes_nothing_else() {
    let (text, changes) = Folder::of(&FILES).update(&[]);
    assert_eq!(changes, ["the lock file is new", "locks 10_a", "locks 20_b", "locks 30_c"]);
    let folder = Folder::locked();
    assert_eq!(folder.update(&[]), (text.clone(), Vec::new()));

    let folder = folder.write("40_d.up.sql", "-- migrate: irreversible \"x\"\nSELECT 4;");
    let (longer, changes) = folder.update(&[]);
    assert_eq!(changes, ["locks 40_d"]);
    let added = longer.strip_prefix(&text).unwrap();
    let verdict = " down=- risk=unknown older-binaries=refuse chain=";
    assert!(added.starts_with("40_d up=v1:") && added.contains(verdict), "{added}");
    assert_eq!(added.lines().count(), 1);
}

#[test]
fn an_edit_can_be_accepted() {
    let edited = Folder::locked().write("20_b.up.sql", EDIT);
    let (_, changes) = edited.update(&[20]);
    assert_eq!(changes, ["accepts the edit of 20_b"]);
    let accepted = edited.lock(&[20]);
    let first = Checksum::of("SELECT 2;");
    assert!(accepted.lock_text().contains(&format!(" accepts={first} chain=")), "{}", accepted.lock_text());
    assert_eq!(accepted.problems(), [""; 0]);
    assert_eq!(accepted.update(&[]).1, [""; 0], "locking again keeps it");
    assert_eq!(accepted.update(&[20]).1, [""; 0], "nothing is left to accept");

    let twice = accepted.clone().write("20_b.up.sql", "SELECT 2 - 0;").lock(&[20]);
    let second = Checksum::of(EDIT);
    assert!(
        twice.lock_text().contains(&format!(" accepts={first},{second} chain=")),
        "{}",
        twice.lock_text()
    );
    // Back to what it was: databases that have applied the edit need not be told of that either.
    let back = accepted.write("20_b.up.sql", "SELECT 2;").lock(&[20]);
    assert!(back.lock_text().contains(&format!(" accepts={second} chain=")), "{}", back.lock_text());
    // Only what is named is accepted.
    let both = Folder::locked().write("20_b.up.sql", EDIT).write("10_a.up.sql", EDIT);
    let refused = both.source().lock(&[Version::new(20).unwrap()], None).unwrap_err();
    assert_eq!(told(Err(refused)), ["m/10_a.up.sql the script of 10_a was edited after it was locked"]);
}

#[test]
fn a_rollback_script_goes_only_when_the_script_says_so() {
    let gone = Folder::locked().remove("20_b.down");
    let refused = gone.source().lock(&[Version::new(20).unwrap()], None).unwrap_err();
    assert_eq!(
        told(Err(refused)),
        ["m/20_b.up.sql this migration cannot be rolled back: `m/20_b.down.sql` is missing"]
    );
    let declared = gone.write("20_b.up.sql", "-- migrate: irreversible \"x\"\nSELECT 2;").lock(&[20]);
    assert_eq!(declared.problems(), [""; 0]);
    assert!(declared.lock_text().contains(" down=- "));
}

#[test]
fn branches_that_were_merged_by_hand_are_chained_by_locking_again() {
    let draft = |folder: Folder, name: &str| {
        let sql = format!("SELECT '{name}'");
        folder.write(&format!("{name}.up.sql"), &sql).write(&format!("{name}.down.sql"), &sql)
    };
    let ours = draft(Folder::locked(), "40_ours").lock(&[]);
    let theirs = draft(Folder::locked(), "50_theirs").lock(&[]);
    let last = |folder: &Folder| folder.lock_text().lines().last().unwrap().to_owned();
    let both = draft(ours.clone(), "50_theirs");
    let merged = both.clone().write("migrate.lock", &format!("{}{}\n", ours.lock_text(), last(&theirs)));
    let broken = "m/migrate.lock:6:1 the line of 50_theirs does not follow from the lines above it: two branches were \
                  merged, or the file was changed by hand";
    assert_eq!(merged.problems(), [broken]);
    assert_eq!(merged.update(&[]).1, ["chains 50_theirs to the line before it"]);
    assert_eq!(merged.lock(&[]).lock_text(), both.clone().lock(&[]).lock_text());

    // In the other order locking does not help: one of the two comes too late.
    let text = format!("{}{}\n", theirs.lock_text(), last(&ours));
    let swapped = both.write("migrate.lock", &text);
    let order = "m/migrate.lock:6:1 the version in this line of the lock file does not come after 50, the one above it";
    assert_eq!(swapped.problems(), [order]);
    assert_eq!(swapped.refused(), [order]);

    let conflict = swapped.write("migrate.lock", &format!("{}<<<<<<< HEAD\n", theirs.lock_text()));
    assert_eq!(conflict.problems(), ["m/migrate.lock:6:1 git left a merge conflict in the lock file"]);
    assert_eq!(conflict.refused(), conflict.problems());
}

#[test]
fn the_line_ends_of_another_platform_do_no_harm() {
    let folder = Folder::locked();
    let windows = folder.lock_text().replace('\n', "\r\n");
    let folder = folder.write("migrate.lock", &windows);
    assert_eq!(folder.problems(), [""; 0]);
    assert_eq!(folder.update(&[]).1, [""; 0]);
    let latin1 = SourceFile { path: "migrate.lock".into(), bytes: b"# caf\xe9\n".into() };
    let mut source = Folder::of(&FILES).source();
    source.files.push(latin1);
    let diagnostics = source.into_set(&Overrides::default()).map(drop);
    assert_eq!(told(diagnostics), ["m/migrate.lock:1:6 the file is not valid UTF-8"]);
}
