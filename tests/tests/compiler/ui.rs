//! What the compiler says about a migrations folder with something wrong in it: one case for each message.
//!
//! A case is `ui/<fault>.rs` with `ui/<fault>.stderr`, and its folder is `ui/migrations/<fault>`. To write the
//! messages anew after a change, run `TRYBUILD=overwrite cargo test -p migrate-tests --test compiler ui::`.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use migrate_core::{Diagnostic, Overrides, Source};

/// Of the macro's arguments, not of a folder.
const ARGUMENT: &str = "argument_";

/// Of a folder with nothing in it that keeps the set from being made.
const WARNING: &str = "warning_";

#[test]
fn each_fault_has_its_message() {
    let project = trybuild_project();
    let folders = project.join("migrations");
    make_folders(&folders);

    every_case_has_a_folder(&folders);
    every_problem_has_a_case(&folders);
    trybuild::TestCases::new().compile_fail("tests/compiler/ui/*.rs");
}

/// It compiles, so it is no case: beside one that passes, trybuild would build each of the others by itself.
#[deny(warnings)]
mod silenced_warning {
    #[allow(deprecated)]
    mod schema {
        pub(super) static MIGRATIONS: migrate::MigrationSet =
            migrate::embed_migrations!("tests/compiler/ui/migrations/warning_not_valid");
    }

    #[test]
    fn compiles_and_keeps_its_hazard() {
        let hazards = schema::MIGRATIONS.migrations()[1].hazards();
        assert_eq!(hazards.len(), 1);
        assert_eq!(hazards[0].to_string(), "line 1: new-write-limit, risk controlled");
        assert_eq!(schema::MIGRATIONS.migrations()[1].risk(), Some(migrate::Risk::Controlled));
    }
}

/// The package that trybuild makes for the cases: for the macro, a relative path begins there.
fn trybuild_project() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"))
}

fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compiler/ui")
}

/// Copies the folders of all cases, and adds what git cannot hold.
fn make_folders(folders: &Path) {
    if folders.exists() {
        fs::remove_dir_all(folders).unwrap();
    }
    copy(&ui().join("migrations"), folders);

    fs::create_dir(folders.join("empty_directory")).unwrap();
    fs::create_dir(folders.join("directory_without_up/2_create_orders")).unwrap();

    let create = |path: &str| {
        let path = folders.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap()
    };
    create("too_large/1_load_events.up.sql").set_len((64 << 20) + 1).unwrap();
    fs::write(folders.join("too_large/1_load_events.down.sql"), "DELETE FROM events;\n").unwrap();

    fs::create_dir_all(folders.join("symlink_loop/billing")).unwrap();
    symlink("..", folders.join("symlink_loop/billing/again")).unwrap();
    fs::create_dir(folders.join("dangling_symlink")).unwrap();
    symlink("nowhere.sql", folders.join("dangling_symlink/1_create_users.up.sql")).unwrap();

    fs::create_dir(folders.join("link_out_of_folder")).unwrap();
    symlink("/", folders.join("link_out_of_folder/shared")).unwrap();
    symlink("/etc/passwd", folders.join("link_out_of_folder/1_create_users.up.sql")).unwrap();
    symlink("/dev/zero", folders.join("link_out_of_folder/2_create_orders.up.sql")).unwrap();

    fs::create_dir(folders.join("named_pipe")).unwrap();
    let pipes = ["1_create_users.up.sql", "migrate.lock", "migrate.toml"]
        .map(|name| folders.join("named_pipe").join(name));
    assert!(Command::new("mkfifo").args(pipes).status().unwrap().success());

    // Each of twenty folders leads to the next by two links.
    for depth in 0..20 {
        fs::create_dir_all(folders.join(format!("too_many_entries/{depth}"))).unwrap();
        for link in ["left", "right"] {
            let link = folders.join(format!("too_many_entries/{depth}/{link}"));
            symlink(format!("../{}", depth + 1), link).unwrap();
        }
    }
    fs::create_dir(folders.join("too_many_entries/20")).unwrap();

    create("control_in_path/1_create_\u{1b}[2Jusers.up.sql");
    create("control_in_path/2_create_orders\nerror: all is well.up.sql");

    // Root may read a file without permissions, but no one this link.
    fs::create_dir(folders.join("unreadable")).unwrap();
    symlink("1_create_users.up.sql", folders.join("unreadable/1_create_users.up.sql")).unwrap();

    fs::create_dir(folders.join("path_not_utf8")).unwrap();
    let latin1 = OsStr::from_bytes(b"1_create_caf\xe9.up.sql");
    File::create(folders.join("path_not_utf8").join(latin1)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A folder that no case reads tests nothing.
fn every_case_has_a_folder(folders: &Path) {
    let names = |folder: &Path, extension: Option<&str>| -> BTreeSet<String> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let paths = paths.filter(|path| extension.is_none() || path.extension() == extension.map(OsStr::new));
        paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let mut cases = names(&ui(), Some("rs"));
    cases.retain(|case| !case.starts_with(ARGUMENT));
    // It is looked for at an absolute path, because the message shows that one.
    cases.remove("missing_directory");
    assert_eq!(cases, names(folders, None));
}

/// The list of codes is held to the sources by a test of the core, so that a new problem without a case is noticed.
fn every_problem_has_a_case(folders: &Path) {
    let list = include_str!("../../../docs/problems.md");
    let codes = list.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()));
    let mut codes: BTreeSet<String> = codes.collect();
    // It comes after a hundred findings, which would be a long page here; `gate_tests` of the core has it.
    assert!(codes.remove("more"));
    // It takes twenty errors; `gate_tests` has it too.
    assert!(codes.remove("old-folder"));

    let paths = fs::read_dir(folders).unwrap().map(|entry| entry.unwrap());
    let paths = paths.filter(|entry| !entry.file_name().to_str().unwrap().starts_with(WARNING));
    let paths = paths.map(|entry| entry.path());
    let paths = paths.chain([PathBuf::from("/migrations/missing_directory")]);
    let found: BTreeSet<String> = paths
        .flat_map(|path| {
            let folder = path.to_str().unwrap_or_default();
            let analysed = Source::read(&path, folder)
                .and_then(|source| source.check(&Overrides::default(), migrate_lint::analyse));
            let Err(diagnostics) = analysed else {
                panic!("nothing is wrong with {}", path.display());
            };
            for Diagnostic { problem, .. } in &diagnostics {
                assert!(!problem.to_string().is_empty() && !problem.help().is_empty(), "{problem:?}");
            }
            diagnostics.iter().map(|one| one.problem.code().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(codes, found, "left: the problems; right: those with a case");
}
