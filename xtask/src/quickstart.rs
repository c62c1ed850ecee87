use std::env;
use std::fs;
use std::process;

use crate::step::{Done, Failed, cargo, root, run as run_step};

/// Runs the first example of the README as its readers do, in a directory of its own: it makes a database file.
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
    // What stays there harms nobody.
    let _ = fs::remove_dir_all(&directory);
    done
}
