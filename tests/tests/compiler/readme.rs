//! What the README says to write makes a program that runs.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A section of the README.
fn section(title: &str) -> String {
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let (_, behind) = readme.split_once(&format!("\n## {title}\n")).unwrap();
    behind.split("\n## ").next().unwrap().to_owned()
}

/// The only block of a language in a text.
fn block(text: &str, language: &str) -> String {
    let fence = format!("\n```{language}\n");
    let mut blocks = text.split(&fence).skip(1);
    let block = blocks.next().unwrap().split_once("\n```").unwrap().0;
    assert_eq!(blocks.count(), 0, "{language}");
    format!("{block}\n")
}

/// A crate beside a checkout, as the README has it. Both are made anew; what cargo built stays between runs.
struct Fresh {
    directory: PathBuf,
}

impl Fresh {
    fn new() -> Fresh {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
        let directory = place.join("app");
        if directory.exists() {
            fs::remove_dir_all(&directory).unwrap();
        }
        fs::create_dir_all(&directory).unwrap();
        let checkout = place.join("migrate");
        if !checkout.exists() {
            symlink(workspace(), checkout).unwrap();
        }
        Fresh { directory }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self) -> String {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["run", "--quiet", "--offline", "--target-dir", "../target"]).current_dir(&self.directory);
        // The flags of whoever runs the tests are for their own build; and a debugger is of no use here.
        cargo.env_remove("RUSTFLAGS").env("CARGO_PROFILE_DEV_DEBUG", "0");
        let output = cargo.output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        assert!(output.status.success(), "{text}");
        text
    }
}

#[test]
fn a_fresh_crate_runs_with_the_lines_of_the_readme() {
    let application = section("In your application");
    let fresh = Fresh::new();
    // It lies below a workspace to which it does not belong.
    let package = "[package]\nname = 'app'\nedition = '2024'\n\n[workspace]\n\n";
    fresh.write("Cargo.toml", &format!("{package}{}", block(&application, "toml")));
    // The versions that are there: this works without a network.
    fresh.write("Cargo.lock", &fs::read_to_string(workspace().join("Cargo.lock")).unwrap());
    let main = "
        fn main() -> Result<(), migrate::Error> {
            let _ = start;
            start_sqlite(&mut rusqlite::Connection::open_in_memory().unwrap())
        }";
    fresh.write("src/main.rs", &(block(&application, "rust") + main));
    fresh.write("build.rs", &block(&section("The lock file"), "rust,no_run"));
    let scripts = block(&application, "sql");
    for script in scripts.split("-- migrations/").skip(1) {
        let (name, sql) = script.split_once('\n').unwrap();
        fresh.write(&format!("migrations/{name}"), sql);
    }
    let said = fresh.run();
    assert!(said.contains("create_tenants") && !said.contains("warning"), "{said}");
}

/// The registry's crate of this name is another, so nothing that people read may send them there.
#[test]
fn nobody_is_sent_to_the_registry_for_this_crate() {
    let mut texts = 0;
    let mut wrong = Vec::new();
    let mut left: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "docs", "examples", "migrate", "migrate-cli"]
            .into_iter()
            .chain(["migrate-core", "migrate-macros"])
            .map(|name| workspace().join(name))
            .collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if !path.extension().is_some_and(|end| ["md", "rs", "toml", "sql"].iter().any(|one| end == *one)) {
            continue;
        }
        texts += 1;
        let text = fs::read_to_string(&path).unwrap();
        let sends = |line: &&str| {
            let line = line.trim_start_matches(['/', '!', ' ', '#']);
            let names = ["migrate", "migrate-core", "migrate-macros", "migrate-cli", "cargo-migrate"];
            names.iter().any(|name| {
                let version = |text: &str| text.starts_with('"') || text.starts_with("{ version");
                line.strip_prefix(name).and_then(|rest| rest.strip_prefix(" = ")).is_some_and(version)
                    || line.contains(&format!("cargo add {name}"))
                    || line.contains(&format!("cargo install {name}"))
            })
        };
        wrong.extend(text.lines().filter(sends).map(|line| format!("{}: {line}", path.display())));
    }
    assert!(texts > 100, "{texts}");
    assert_eq!(wrong, [""; 0]);
}
