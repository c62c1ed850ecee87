//! Finds the text of an address: in the argument, in the environment, or in a file `.env`.

use std::env;
use std::fmt;
use std::iter;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// Where the address of a database was found. Messages name it, so that the user can correct the address there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressSource {
    /// The option `--database-url`.
    Argument,
    /// The environment variable with this name.
    Variable(&'static str),
    /// The variable with this name in the file `.env` at this path.
    File(&'static str, PathBuf),
}

#[cfg(feature = "sqlite")]
impl AddressSource {
    /// The folder in which a relative path of the address starts. An empty path is the current folder.
    pub(super) fn folder(&self) -> &Path {
        match self {
            AddressSource::File(_, path) => path.parent().unwrap_or(path),
            AddressSource::Argument | AddressSource::Variable(_) => Path::new(""),
        }
    }
}

impl fmt::Display for AddressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressSource::Argument => f.write_str("--database-url"),
            AddressSource::Variable(name) => f.write_str(name),
            AddressSource::File(name, path) => write!(f, "{name} in {}", path.display()),
        }
    }
}

/// The variables in order of preference. The direct address comes first, because a transaction pooler takes away some
/// guarantees that a run has with the server itself.
const VARIABLES: [&str; 3] = ["DIRECT_DATABASE_URL", "DIRECT_URL", "DATABASE_URL"];

/// Finds the address and its source. Any variable of the environment comes before any variable of the file: if you set
/// DATABASE_URL for one command, you mean that database, even if the file has a DIRECT_URL.
pub(super) fn find(argument: Option<&str>) -> Result<(String, AddressSource), Failure> {
    if let Some(url) = argument {
        return Ok((url.to_owned(), AddressSource::Argument));
    }
    for name in VARIABLES {
        match env::var(name) {
            Ok(url) if !url.is_empty() => return Ok((url, AddressSource::Variable(name))),
            Err(env::VarError::NotUnicode(_)) => {
                return Err(Failure::new("address", format!("{name} is not valid UTF-8")));
            }
            _ => {}
        }
    }
    if let Some(path) = file()? {
        let variables = in_file(&path)?;
        let of_name = |name| variables.iter().rfind(|(key, value)| key == name && !value.is_empty());
        if let Some((name, (_, url))) = VARIABLES.iter().find_map(|name| Some((*name, of_name(name)?))) {
            return Ok((url.clone(), AddressSource::File(name, path)));
        }
    }
    Err(Failure::new("address", "no database is named").help(
        "set DATABASE_URL, in the environment or in a file `.env`, or give `--database-url`: \
         `postgres://user@host/name`, or `sqlite:app.db`",
    ))
}

/// The values of variables: from the environment, else from the file.
pub(crate) struct Variables(Vec<(String, String)>);

impl Variables {
    pub(crate) fn read() -> Result<Variables, Failure> {
        Ok(Variables(file()?.map_or(Ok(Vec::new()), |path| in_file(&path))?))
    }

    /// The value of a variable. An empty one counts as unset.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let in_file = || self.0.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.clone());
        let value = env::var(name).ok().filter(|value| !value.is_empty()).or_else(in_file);
        value.filter(|value| !value.is_empty())
    }
}

/// The file `.env` in the current folder or one above it.
fn file() -> Result<Option<PathBuf>, Failure> {
    let here = env::current_dir().map_err(|error| unreadable(Path::new("."), &error))?;
    let up = |steps| iter::repeat_n("..", steps).collect::<PathBuf>().join(".env");
    Ok((0..here.ancestors().count()).map(up).find(|path| path.is_file()))
}

/// The variables of the file. They are not put into the environment, because other threads may be reading it.
fn in_file(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let lines = dotenvy::from_path_iter(path).map_err(|error| unreadable(path, &error))?;
    // The parser's error is not shown, because it quotes the line, which may hold a password.
    lines.collect::<Result<_, _>>().map_err(|_| {
        Failure::new("address", format!("a line of the file cannot be read\n --> {}", path.display()))
            .help("write `NAME=value` on each line, with quotes around a value that has spaces")
    })
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new("address", format!("{} cannot be read: {error}", path.display()))
        .help("check that it exists and that you may read it, or give `--database-url`")
}
