//! The first example of the README.

use std::env;
use std::fs;
use std::process;

use crate::step::{Done, Failed, cargo, root, run as run_step};

/// Runs the first example of the README as its readers do. It writes a database file, so it runs in its own directory.
pub(crate) fn run() -> Done {
    let manifest = root().join("examples/quickstart/Cargo.toml");
    if !manifest.is_file() {
        return Ok(());
    }
    let directory = env::temp_dir().join(format!("migrate-quickstart-{}", process::id()));
    fs::create_dir(&directory)
        .map_err(|error| Failed(format!("cannot create {}: {error}", directory.display())))?;
    let cargo_run = &mut cargo(&["run", "--quiet", "--manifest-path"]);
    let done = run_step("quickstart", cargo_run.arg(manifest).current_dir(&directory));
    // An error is ignored: files that are left there do no harm.
    let _ = fs::remove_dir_all(&directory);
    done
}
