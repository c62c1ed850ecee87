//! Completes settings from a service: an address with a name, in a file (PostgreSQL manual, 34.17).

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::{AddressError, Environment, home, is_printable};

/// The folders in which libpq looks for the file of all users: in Debian's build, and in a build from source.
const SHARED: [&str; 2] = ["/etc/postgresql-common", "/usr/local/pgsql/etc"];

/// Sets the keywords of the service, if one is named. A keyword that has a value keeps it.
pub(super) fn complete(settings: &mut Settings, environment: Environment<'_>) -> Result<(), AddressError> {
    let Some(service) = named(settings, environment)? else { return Ok(()) };
    for (path, has_to_be_there) in files(environment) {
        if let Some(file) = read(&path, has_to_be_there)?
            && take(&file, &path, &service, settings)?
        {
            return Ok(());
        }
    }
    let shown = if is_printable(&service) { &service } else { "…" };
    Err(AddressError::new(format!("the definition of the service `{shown}` was not found"), HELP))
}

/// The name of the service, if one is given. As in libpq, an empty name counts as given, and is never found.
fn named(settings: &Settings, environment: Environment<'_>) -> Result<Option<String>, AddressError> {
    if let Some(name) = settings.text("service")? {
        return Ok(Some(name.to_owned()));
    }
    if settings.is_empty("service") {
        return Ok(Some(String::new()));
    }
    let variable = variable("PGSERVICE", environment).map(OsString::into_string).transpose();
    variable.map_err(|_| AddressError::new("PGSERVICE is not valid UTF-8", HELP))
}

/// The files in the order in which to read them, and whether each must exist.
fn files(environment: Environment<'_>) -> Vec<(PathBuf, bool)> {
    let own = match variable("PGSERVICEFILE", environment) {
        Some(path) => Some((PathBuf::from(path), true)),
        None => home::file(".pg_service.conf", environment).map(|path| (path, false)),
    };
    let folders = match variable("PGSYSCONFDIR", environment) {
        Some(folder) => vec![PathBuf::from(folder)],
        None => SHARED.map(PathBuf::from).to_vec(),
    };
    let shared = folders.into_iter().map(|folder| (folder.join("pg_service.conf"), false));
    own.into_iter().chain(shared).collect()
}

fn variable(name: &str, environment: Environment<'_>) -> Option<OsString> {
    environment(name).filter(|value| !value.is_empty())
}

const HELP: &str = "write a section `[name]` with lines `host=…` into ~/.pg_service.conf, or name a file that has one with PGSERVICEFILE";

fn read(path: &Path, has_to_be_there: bool) -> Result<Option<Vec<u8>>, AddressError> {
    match fs::read(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound && !has_to_be_there => Ok(None),
        Err(error) => Err(AddressError::new(
            format!("cannot read the service file: {error}\n --> {}", path.display()),
            HELP,
        )),
    }
}

/// Sets the keywords of the first section with that name, and returns whether there is one.
fn take(file: &[u8], path: &Path, service: &str, settings: &mut Settings) -> Result<bool, AddressError> {
    let mut is_found = false;
    for (i, line) in file.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if let Some(section) = line.strip_prefix(b"[") {
            if is_found {
                return Ok(true);
            }
            is_found = section.strip_prefix(service.as_bytes()).is_some_and(|rest| rest.starts_with(b"]"));
        } else if is_found {
            // The line is not shown, because it may hold the password.
            setting(line, settings).map_err(|what| {
                AddressError::new(
                    format!("{what}\n --> {}:{}", path.display(), i + 1),
                    "write each line as a parameter of libpq, without blanks around its `=`: `host=localhost`",
                )
            })?;
        }
    }
    Ok(is_found)
}

fn setting(line: &[u8], settings: &mut Settings) -> Result<(), &'static str> {
    const UNREADABLE: &str = "a line of the service file cannot be read";
    if line.starts_with(b"ldap") {
        return Err("the service file refers to an LDAP directory, which this tool does not support");
    }
    let at = line.iter().position(|byte| *byte == b'=').ok_or(UNREADABLE)?;
    match str::from_utf8(&line[..at]) {
        Ok("service") => Err("a service names another one"),
        Ok(name) => settings.set_default(name, &line[at + 1..]).map_err(|_| UNREADABLE),
        Err(_) => Err(UNREADABLE),
    }
}
