//! Finds the programs that tests start.
//!
//! What comes in is the environment; what goes out is a directory, `/usr/lib/postgresql/17/bin`, or all places that
//! were searched, for the error. It uses std alone, because `xtask` includes this file: what it installs is what the
//! tests then find.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The result of a search, or the places in which it found nothing.
pub(super) type Found = Result<PathBuf, Vec<String>>;

const PROGRAMS_VARIABLE: &str = "MIGRATE_TEST_PG_BIN";
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";

/// The directory that holds `initdb` and `postgres`.
pub(super) fn server_programs() -> Found {
    // If a directory is named, no other is searched: a fallback would test another version.
    let places = match env::var_os(PROGRAMS_VARIABLE) {
        Some(directory) => vec![Place::at(PROGRAMS_VARIABLE, PathBuf::from(directory))],
        None => [vec![beside_pg_config()], in_path("initdb"), debian_versions()].concat(),
    };
    first(&places, |directory| is_file(directory, "initdb") && is_file(directory, "postgres"))
}

/// The program `pgbouncer`.
pub(super) fn bouncer() -> Found {
    // Debian has it in /usr/sbin, which is not in the PATH of an ordinary user.
    let sbin =
        ["/usr/sbin", "/usr/local/sbin"].map(|directory| Place::at("system", PathBuf::from(directory)));
    let places = [in_path("pgbouncer"), sbin.to_vec()].concat();
    first(&places, |directory| is_file(directory, "pgbouncer")).map(|directory| directory.join("pgbouncer"))
}

/// A place to look in, and what named it.
#[derive(Clone)]
struct Place {
    name: &'static str,
    directory: Option<PathBuf>,
}

impl Place {
    /// A directory.
    fn at(name: &'static str, directory: PathBuf) -> Self {
        Self { name, directory: Some(directory) }
    }

    /// A place that could not be determined.
    fn nowhere(name: &'static str) -> Self {
        Self { name, directory: None }
    }

    /// The place as an error lists it.
    fn describe(&self) -> String {
        match &self.directory {
            Some(directory) => format!("{} ({})", directory.display(), self.name),
            None => format!("{} (nothing)", self.name),
        }
    }
}

/// The first place that fits, or all of them described.
fn first(places: &[Place], fits: impl Fn(&Path) -> bool) -> Found {
    let directories = places.iter().filter_map(|place| place.directory.as_deref());
    let found = directories.into_iter().find(|directory| fits(directory));
    found.map(Path::to_path_buf).ok_or_else(|| places.iter().map(Place::describe).collect())
}

/// Whether the program is there.
fn is_file(directory: &Path, program: &str) -> bool {
    directory.join(program).is_file()
}

/// The directory that `pg_config` names.
fn beside_pg_config() -> Place {
    let name = "pg_config --bindir";
    let output =
        Command::new("pg_config").arg("--bindir").output().ok().filter(|output| output.status.success());
    match output.and_then(|output| String::from_utf8(output.stdout).ok()) {
        Some(directory) => Place::at(name, PathBuf::from(directory.trim())),
        None => Place::nowhere(name),
    }
}

/// The real directories of `program` in PATH: often only a link to `initdb` is there, without `postgres` next to it.
fn in_path(program: &str) -> Vec<Place> {
    let path = env::var_os("PATH").unwrap_or_default();
    let real = env::split_paths(&path).filter_map(|directory| fs::canonicalize(directory.join(program)).ok());
    let places: Vec<_> =
        real.filter_map(|file| file.parent().map(|directory| Place::at("PATH", directory.into()))).collect();
    if places.is_empty() { vec![Place::nowhere("PATH")] } else { places }
}

/// Debian keeps each version in a directory of its own, outside of PATH. The newest comes first.
fn debian_versions() -> Vec<Place> {
    let entries = fs::read_dir(DEBIAN_VERSIONS).into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok())).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let directory = |version| Path::new(DEBIAN_VERSIONS).join(format!("{version}/bin"));
    let places: Vec<_> =
        versions.into_iter().map(|version| Place::at("Debian", directory(version))).collect();
    if places.is_empty() { vec![Place::nowhere("/usr/lib/postgresql/*/bin")] } else { places }
}
