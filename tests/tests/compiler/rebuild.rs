//! When cargo compiles a crate with `embed_migrations!` again, and what is noticed when it does not.
//!
//! | what changes | files alone | with `migrate::build::watch` | with a lock file |
//! |---|---|---|---|
//! | a file is edited, removed, renamed | compiled | compiled | compiled, and refused where it is locked |
//! | a file is added | missed, and told by each verb of a debug build | compiled | compiled once it is locked |
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A cargo project with a migrations folder. It is made anew; what cargo built stays between runs.
struct Project {
    name: &'static str,
    directory: PathBuf,
}

/// Prints the names of the migrations, and how the folder differs from what is embedded.
const PRINTS: &str = r#"
static MIGRATIONS: migrate::MigrationSet = migrate::embed_migrations!();

fn main() {
    let names: Vec<String> = MIGRATIONS.migrations().iter().map(|one| one.name().to_owned()).collect();
    let staleness = MIGRATIONS.staleness().map(|staleness| (staleness.added, staleness.removed));
    println!("{names:?} {staleness:?}");
}
"#;

impl Project {
    fn new(name: &'static str) -> Project {
        let projects = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = projects.join(name);
        if directory.join("migrations").exists() {
            fs::remove_dir_all(directory.join("migrations")).unwrap();
        }
        let project = Project { name, directory };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let migrate = workspace.join("migrate").display().to_string();
        let manifest = format!(
            "[package]\nname = '{name}'\nedition = '2024'\n\n\
             [dependencies]\nmigrate = {{ path = '{migrate}', default-features = false, features = ['macros'] }}\n\n\
             [build-dependencies]\nmigrate = {{ path = '{migrate}', default-features = false }}\n\n\
             # It lies below a workspace to which it does not belong.\n[workspace]\n"
        );
        project.write("Cargo.toml", &manifest);
        // The versions that are there: this works without a network.
        project.write("Cargo.lock", &fs::read_to_string(workspace.join("Cargo.lock")).unwrap());
        project
    }

    /// A project that prints what it embeds, with one migration.
    fn printing(name: &'static str) -> Project {
        let project = Project::new(name);
        project.write("src/main.rs", PRINTS);
        project.migration(1, "a");
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn migration(&self, version: u64, name: &str) {
        self.write(
            &format!("migrations/{version}_{name}.up.sql"),
            &format!("CREATE TABLE {name} (id bigint);"),
        );
        self.write(&format!("migrations/{version}_{name}.down.sql"), &format!("DROP TABLE {name};"));
    }

    /// Renames a migration, or removes it.
    fn rename(&self, from: &str, to: Option<&str>) {
        for end in ["up", "down"] {
            let path = |name: &str| self.directory.join(format!("migrations/{name}.{end}.sql"));
            match to {
                Some(to) => fs::rename(path(from), path(to)).unwrap(),
                None => fs::remove_file(path(from)).unwrap(),
            }
        }
    }

    /// What `cargo` says to the project, and whether all is well.
    fn cargo(&self, verb: &str) -> (bool, String) {
        let mut cargo = Command::new(env!("CARGO"));
        // One for all projects, so that they share what they depend on.
        cargo.args([verb, "--offline", "--target-dir", "../projects"]).current_dir(&self.directory);
        // The flags of whoever runs the tests are for their own build.
        let output = cargo.env_remove("RUSTFLAGS").output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        (output.status.success(), text)
    }

    fn check(&self) -> (bool, String) {
        self.cargo("check")
    }

    #[track_caller]
    fn passes(&self) {
        let (success, text) = self.check();
        assert!(success, "{text}");
    }

    #[track_caller]
    fn fails_with(&self, message: &str) {
        let (success, text) = self.check();
        assert!(!success && text.contains(message), "{text}");
    }

    /// Builds it where cargo sees a reason to, and runs it.
    #[track_caller]
    fn prints(&self, want: &str) {
        let (success, text) = self.cargo("run");
        assert!(success, "{text}");
        assert_eq!(text.lines().next(), Some(want), "{text}");
    }

    fn binary(&self) -> Vec<u8> {
        fs::read(self.directory.join("../projects/debug").join(self.name)).unwrap()
    }
}

/// A success is remembered by cargo, so a failure behind it shows that the change was seen.
#[test]
fn an_edit_runs_the_macro_again() {
    let (up, down) = ("migrations/1_create_users/up.sql", "migrations/1_create_users/down.sql");
    let (policy, metadata) = ("migrations/migrate.toml", "migrations/1_create_users/metadata.toml");
    let right = [
        (up, "CREATE TABLE users (id bigint);"),
        (down, "DROP TABLE users;"),
        (policy, "set = 'accounts'"),
        (metadata, "run_in_transaction = true"),
    ];
    let source = |argument: &str| {
        format!(
            "static MIGRATIONS: migrate::MigrationSet = migrate::embed_migrations!({argument});\n\n\
             fn main() {{\n    println!(\"{{}}\", MIGRATIONS.name());\n}}\n"
        )
    };
    let project = Project::new("rebuild_edit");
    let folder = project.directory.join("migrations").to_str().unwrap().to_owned();

    project.write("src/main.rs", &source(""));
    project.fails_with(&format!("the migrations folder does not exist (looked in {folder})\n"));
    for (path, text) in right {
        project.write(path, text);
    }
    project.passes();
    // An absolute path, which a source file of this repository could not hold.
    project.write("src/main.rs", &source(&format!("{folder:?}")));
    project.passes();
    assert!(!project.check().1.contains("Checking rebuild_edit"), "cargo does not remember");

    let wrong = [
        (up, "CREATE TABLE users (id bigint); COMMIT;", "begins or ends a transaction itself"),
        (down, "-- Nothing.", "the rollback script has no statement"),
        (policy, "sett = 'accounts'", "unknown field `sett`"),
        (metadata, "transaction = true", "unknown field `transaction`"),
    ];
    for ((path, right), (_, text, message)) in right.into_iter().zip(wrong) {
        project.write(path, text);
        project.fails_with(message);
        project.write(path, right);
        project.passes();
    }
    fs::remove_file(project.directory.join(down)).unwrap();
    project.fails_with("this migration cannot be rolled back");
}

const BOTH_OF_B: &str = r#"["2_b.down.sql", "2_b.up.sql"]"#;

#[test]
fn a_file_that_is_added_is_missed_and_told_of() {
    let project = Project::printing("rebuild_added");
    project.prints(r#"["a"] None"#);
    // What is no part of the set is no reason to build again.
    project.write("migrations/README.md", "");
    project.migration(2, "b");
    project.prints(&format!(r#"["a"] Some(({BOTH_OF_B}, []))"#));
    project.write("migrations/1_a.up.sql", "CREATE TABLE a (id integer);");
    project.prints(r#"["a", "b"] None"#);
    project.rename("2_b", Some("3_c"));
    project.prints(r#"["a", "c"] None"#);
    project.rename("3_c", None);
    project.prints(r#"["a"] None"#);
    // The policy decides what is a part.
    project.write("migrations/migrate.toml", "ignore = ['*.bak']");
    project.prints(r#"["a"] Some((["migrate.toml"], []))"#);
    project.write("migrations/1_a.up.sql", "CREATE TABLE a (id bigint);");
    project.write("migrations/1_a.up.sql.bak", "");
    project.prints(r#"["a"] None"#);
}

#[test]
fn a_build_script_that_watches_the_folder_notices_everything() {
    let project = Project::printing("rebuild_watched");
    project.write("build.rs", "fn main() {\n    migrate::build::watch(\"migrations\");\n}\n");
    project.prints(r#"["a"] None"#);
    project.migration(2, "b");
    project.prints(r#"["a", "b"] None"#);
    project.write("migrations/billing/3_c.up.sql", "CREATE TABLE c (id bigint);");
    project.write("migrations/billing/3_c.down.sql", "DROP TABLE c;");
    project.prints(r#"["a", "b", "c"] None"#);
    project.rename("2_b", Some("2_d"));
    project.prints(r#"["a", "d", "c"] None"#);
    project.rename("2_d", None);
    project.prints(r#"["a", "c"] None"#);
    project.write("migrations/1_a.up.sql", "COMMIT;");
    project.fails_with("begins or ends a transaction itself");
}

#[test]
fn a_lock_file_is_a_part_of_the_crate() {
    let project = Project::printing("rebuild_locked");
    let folder = project.directory.join("migrations");
    let lock = || migrate::lock_file::write(&folder, &[]).unwrap().len();
    assert_eq!(lock(), 2);
    project.prints(r#"["a"] None"#);
    project.migration(2, "b");
    project.prints(&format!(r#"["a"] Some(({BOTH_OF_B}, []))"#));
    assert_eq!(lock(), 1);
    project.prints(r#"["a", "b"] None"#);

    let right = fs::read_to_string(folder.join("1_a.up.sql")).unwrap();
    project.write("migrations/1_a.up.sql", "CREATE TABLE a (id integer);");
    project.fails_with("the script of 1_a was edited after it was locked");
    project.write("migrations/1_a.up.sql", &right);
    project.passes();
    project.rename("2_b", None);
    project.fails_with("2_b is locked, and its script is gone");
    project.migration(2, "b");
    project.passes();
    let locked = fs::read_to_string(folder.join("migrate.lock")).unwrap();
    project.write("migrations/migrate.lock", &locked.replace("1_a up", "1_b up"));
    project.fails_with("does not follow from the lines above it");
    project.write("migrations/migrate.lock", &locked);
    project.passes();
    fs::remove_file(folder.join("migrate.lock")).unwrap();
    project.write("migrations/1_a.up.sql", "CREATE TABLE a (id integer);");
    project.prints(r#"["a", "b"] None"#);
}

/// The same sources make the same release wherever they lie.
#[test]
fn the_path_of_the_folder_is_not_in_a_release() {
    let project = Project::printing("rebuild_release");
    let path = project.directory.join("migrations").to_str().unwrap().to_owned();
    let holds_path = |binary: &[u8]| binary.windows(path.len()).any(|window| window == path.as_bytes());
    let manifest = fs::read_to_string(project.directory.join("Cargo.toml")).unwrap();
    // Of its own package alone, so that the others need not be built again. What a debugger reads names all paths.
    let profile = |assertions: bool| {
        format!(
            "{manifest}\n[profile.dev.package.rebuild_release]\ndebug = false\ndebug-assertions = {assertions}\n"
        )
    };
    project.write("Cargo.toml", &profile(true));
    project.prints(r#"["a"] None"#);
    assert!(holds_path(&project.binary()), "the search finds nothing");
    project.write("Cargo.toml", &profile(false));
    project.prints(r#"["a"] None"#);
    assert!(!holds_path(&project.binary()));
    // So it cannot know, and says nothing.
    project.migration(2, "b");
    project.prints(r#"["a"] None"#);
}
