//! A backup of a PostgreSQL database with `pg_dump`.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;

use super::unfinished::Unfinished;
use super::{Backup, failure, shell};
use crate::cli::connection::Reached;
use crate::cli::failure::Failure;

/// Runs `pg_dump`, which sees one snapshot of the whole database (PostgreSQL manual, 25.1).
pub(super) fn dump(server: &Reached, path: &Path) -> Result<Backup, Failure> {
    let unfinished = Unfinished::create(path)?;
    let mut command = Command::new("pg_dump");
    command.args(["--format=custom", "--no-password", "--file"]).arg(unfinished.path());
    for (name, value) in server.variables() {
        match value {
            Some(value) => command.env(name, os_string(value)),
            None => command.env_remove(name),
        };
    }
    // A proxy must not send `pg_dump` to a standby, which may lag. The run writes, so its own server is the primary.
    command.env("PGTARGETSESSIONATTRS", "primary");
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failure("there is no `pg_dump`")
            .help("install the client programs of PostgreSQL, of the server's version or newer"),
        _ => failure(&format!("cannot start `pg_dump`: {error}")),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failure(&format!("`pg_dump` failed: {}", said.trim())).help(
            "its version must not be older than the server's, and the role must be able to read every table",
        ));
    }
    unfinished.finish(path)?;
    Ok(Backup { path: path.to_owned(), restore: restore(server, path) })
}

/// A password need not be UTF-8.
#[cfg(unix)]
fn os_string(value: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(value)
}

#[cfg(not(unix))]
fn os_string(value: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&value).into_owned().into()
}

/// The command that restores the backup. It restores into a new database, because `pg_restore` would not remove what the
/// run added to the old one.
fn restore(server: &Reached, path: &Path) -> String {
    let checked = if server.ssl_mode().verifies() { identity(server) } else { String::new() };
    let options = format!("-h {} -p {} -U {}", shell(&server.host()), server.port(), shell(server.user()));
    let name = shell(&format!("{}_restored", server.database()));
    let file = shell(&path.to_string_lossy());
    format!(
        "{checked}createdb {options} -T template0 {name} && \
         {checked}pg_restore {options} --exit-on-error -d {name} {file}"
    )
}

/// The variables by which the programs check the identity of the server. There are no options for them.
fn identity(server: &Reached) -> String {
    let is_part = |name: &str| ["PGSSLMODE", "PGSSLROOTCERT", "PGHOSTADDR"].contains(&name);
    let variables = server.variables().into_iter().filter(|(name, _)| is_part(name));
    let set = variables.filter_map(|(name, value)| Some((name, os_string(value?))));
    set.map(|(name, value)| format!("{name}={} ", shell(&value.to_string_lossy()))).collect()
}
