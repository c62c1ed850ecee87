use std::io;
use std::path::Path;
use std::process::Command;

use tokio_postgres::config::Host;

use super::unfinished::Unfinished;
use super::{Backup, failure, shell};
use crate::cli::address::PostgresAddress;
use crate::cli::failure::Failure;

/// Runs `pg_dump`, which sees one snapshot of the whole database (PostgreSQL manual, 25.1).
pub(super) fn dump(address: &PostgresAddress, path: &Path) -> Result<Backup, Failure> {
    let unfinished = Unfinished::create(path)?;
    let mut command = Command::new("pg_dump");
    command.args(["--format=custom", "--no-password", "--file"]).arg(unfinished.path());
    command.envs(environment(address));
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failure("there is no `pg_dump`")
            .help("install the client programs of PostgreSQL, of the server's version or newer"),
        _ => failure(&format!("`pg_dump` cannot be started: {error}")),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failure(&format!("`pg_dump` failed: {}", said.trim())).help(
            "its version has to be the server's or newer, and the role has to be able to read every table",
        ));
    }
    unfinished.finish(path)?;
    Ok(Backup { path: path.to_owned(), restore: restore(address, path) })
}

/// The connection as libpq reads it (PostgreSQL manual, 34.15): other users see the arguments of a process, and not
/// its environment.
fn environment(address: &PostgresAddress) -> Vec<(&'static str, String)> {
    let config = address.config();
    let ports: Vec<String> = config.get_ports().iter().map(ToString::to_string).collect();
    let password = config.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
    let variables = [
        ("PGHOST", Some(hosts(address))),
        ("PGPORT", Some(ports.join(","))),
        ("PGUSER", config.get_user().map(str::to_owned)),
        ("PGDATABASE", Some(address.database().to_owned())),
        ("PGPASSWORD", password),
        ("PGSSLMODE", Some(address.ssl_mode().as_str().to_owned())),
        ("PGSSLROOTCERT", address.ssl_root_cert().map(|path| path.to_string_lossy().into_owned())),
        ("PGOPTIONS", config.get_options().map(str::to_owned)),
    ];
    variables
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|text| !text.is_empty())?)))
        .collect()
}

fn hosts(address: &PostgresAddress) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.to_string_lossy().into_owned(),
    };
    address.config().get_hosts().iter().map(host).collect::<Vec<_>>().join(",")
}

/// Into a new database: what the run added to the old one would stay there otherwise.
fn restore(address: &PostgresAddress, path: &Path) -> String {
    let config = address.config();
    let mut server = String::new();
    for (option, value) in [
        ("-h", hosts(address)),
        ("-p", config.get_ports().first().map(ToString::to_string).unwrap_or_default()),
        ("-U", config.get_user().unwrap_or_default().to_owned()),
    ] {
        if !value.is_empty() {
            server += &format!(" {option} {}", shell(&value));
        }
    }
    let name = shell(&format!("{}_restored", address.database()));
    let file = shell(&path.to_string_lossy());
    format!("createdb{server} -T template0 {name} && pg_restore{server} --exit-on-error -d {name} {file}")
}
