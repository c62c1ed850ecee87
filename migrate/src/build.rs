//! For build scripts.
//!
//! Cargo compiles a crate again when a file that `embed_migrations!` read is edited or removed. Cargo does not notice
//! an *added* file, unless a build script watches the folder:
//!
//! ```toml
//! [build-dependencies]
//! migrate = { path = "../migrate/migrate", default-features = false }   # no macro and no database client
//! ```
//!
//! ```no_run
//! // In `main` of build.rs:
//! migrate::build::watch("migrations");
//! ```
//!
//! Without it, a build with debug assertions still notices: each verb of `Migrator` first compares the names in the
//! folder, if it exists, with those at compile time, and fails with `ErrorKind::Stale` before anything runs. A
//! release holds no path of the machine that built it, and does not look.

use std::path::Path;

/// Makes cargo compile the crate again whenever something in this folder changes, including an added file. The path
/// is the one that `embed_migrations!` takes.
///
/// It prints `cargo::rerun-if-changed=<folder>`. Emitting this turns off Cargo's default re-run rule, so the script
/// must list its other inputs as well.
pub fn watch(folder: impl AsRef<Path>) {
    println!("cargo::rerun-if-changed={}", folder.as_ref().display());
}
