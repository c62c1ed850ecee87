//! For build scripts.
//!
//! Cargo compiles a crate again when a file that `embed_migrations!` read is edited or removed. Of a file that is
//! *added* it knows nothing, unless a build script tells it:
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
//! folder, where it exists, with those at compile time, and fails with `ErrorKind::Stale` before anything runs. A
//! release holds no path of the machine that built it, and does not look.

use std::path::Path;

/// Makes cargo compile the crate again whenever something in this folder changes, also when a file is added. The path is
/// the one that `embed_migrations!` takes.
///
/// A build script that says this is run for nothing else any more; what else it depends on it has to say, too.
pub fn watch(folder: impl AsRef<Path>) {
    println!("cargo::rerun-if-changed={}", folder.as_ref().display());
}
