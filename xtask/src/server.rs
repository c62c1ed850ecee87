//! The PostgreSQL server that the tests use: which one it is, and whether a newer one is offered.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use crate::locate;
use crate::step::{output, root};

/// The variable that names a running server.
pub(crate) const URL: &str = "MIGRATE_TEST_PG_URL";
/// The variable that makes the test of the version write down the version that it found.
const REPORT: &str = "MIGRATE_TEST_PG_REPORT";
/// The variable that says whether the server stamps its columns with an option of its own: `yes` or `no`.
pub(crate) const STAMPS: &str = "MIGRATE_TEST_PG_STAMPS";

/// The server that the tests run on.
#[derive(Debug)]
pub(crate) enum Server {
    /// A running server, named by its address.
    Named,
    /// A server that the tests start from these programs. The version is the one that the programs print.
    Started { directory: PathBuf, version: String },
}

impl Server {
    /// The server that the tests will find, if there is one.
    pub(crate) fn found() -> Option<Server> {
        if env::var_os(URL).is_some() {
            return Some(Server::Named);
        }
        Server::of(&locate::server_programs().ok()?)
    }

    /// A server from the programs in this directory.
    pub(crate) fn of(directory: &Path) -> Option<Server> {
        let line = output(Command::new(directory.join("postgres")).arg("--version"))?;
        let version = line.trim().strip_prefix("postgres (PostgreSQL) ")?.to_owned();
        Some(Server::Started { directory: directory.to_owned(), version })
    }

    /// Makes the tests fail if the server is not of the kind that is known here, and note its version.
    pub(crate) fn expect(&self, command: &mut Command) {
        if fs::create_dir_all(root().join("target")).is_ok() {
            command.env(REPORT, report());
        }
        command.env_remove(STAMPS);
        if let Some(stamps) = self.stamps() {
            command.env(STAMPS, if stamps { "yes" } else { "no" });
        }
    }

    /// The server that the tests used. The version of a named server is known only if the test of the version ran.
    pub(crate) fn seen(&self) -> String {
        let seen = fs::read_to_string(report());
        // An error is ignored: a file that is left there does no harm.
        let _ = fs::remove_file(report());
        match (self, seen) {
            (Server::Named, Ok(version)) => format!("PostgreSQL {version}, which {URL} names"),
            (Server::Named, Err(_)) => format!("the server that {URL} names"),
            (Server::Started { directory, version }, _) => {
                format!("PostgreSQL {version} in {}", directory.display())
            }
        }
    }

    /// Whether the server stamps its columns, if that is known.
    pub(crate) fn stamps(&self) -> Option<bool> {
        match self {
            Server::Named => None,
            Server::Started { version, .. } => stamps(version),
        }
    }

    /// The package of the server, on Debian and its relatives.
    pub(crate) fn package(&self) -> Option<String> {
        let Server::Started { directory, .. } = self else { return None };
        let mut owner = Command::new("dpkg");
        let owner = output(owner.env("LC_ALL", "C").arg("-S").arg(directory.join("postgres")))?;
        Some(owner.split_once(": ")?.0.to_owned())
    }

    /// The newer package that the distribution offers, as far as the package lists of this machine show.
    pub(crate) fn offer(&self) -> Option<Offer> {
        let package = self.package()?;
        let mut policy = Command::new("apt-cache");
        let policy = output(policy.env("LC_ALL", "C").args(["policy", &package]))?;
        let [installed, candidate] = versions(&policy)?;
        let mut compare = Command::new("dpkg");
        output(compare.args(["--compare-versions", &candidate, "gt", &installed]))?;
        Some(Offer { package, version: candidate })
    }
}

/// A package of the distribution with a newer server.
#[derive(Debug)]
pub(crate) struct Offer {
    package: String,
    version: String,
}

impl Offer {
    /// The packages to upgrade. The client programs belong to it, because `pg_dump` must know the options that its server
    /// keeps.
    pub(crate) fn packages(&self) -> [String; 2] {
        [self.package.clone(), self.package.replacen("postgresql-", "postgresql-client-", 1)]
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [server, client] = self.packages();
        write!(
            f,
            "a newer one is offered, {}; as root: apt-get install --only-upgrade {server} {client}",
            self.version
        )
    }
}

fn report() -> PathBuf {
    root().join(format!("target/postgres-version-{}", process::id()))
}

/// Whether a version stamps its columns. Debian's PostgreSQL 15.20 does; older ones and those from npm do not. Later versions
/// may do either.
fn stamps(version: &str) -> Option<bool> {
    let (number, by) = version.split_once(' ').unwrap_or((version, ""));
    let (major, minor) = number.split_once('.')?;
    let minor: u32 = minor.parse().ok()?;
    match major {
        "15" if by.starts_with("(Debian") && minor <= 20 => Some(minor == 20),
        _ => None,
    }
}

/// The installed and the offered version of a package, from `apt-cache policy`.
fn versions(policy: &str) -> Option<[String; 2]> {
    let value = |key: &str| {
        let mut lines = policy.lines().filter_map(|line| line.trim().strip_prefix(key));
        lines.next().map(str::trim).filter(|version| *version != "(none)").map(str::to_owned)
    };
    Some([value("Installed:")?, value("Candidate:")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_says_what_is_installed_and_offered() {
        let policy = |installed: &str| {
            format!(
                "postgresql-15:\n  Installed: {installed}\n  Candidate: 15.20-0+deb12u1\n  Version table:\n \
                 *** 15.18-0+deb12u1 500\n        500 http://deb.debian.org/debian bookworm/main amd64 Packages\n"
            )
        };
        let want = ["15.18-0+deb12u1", "15.20-0+deb12u1"].map(str::to_owned);
        assert_eq!(versions(&policy("15.18-0+deb12u1")), Some(want));
        assert_eq!(versions(&policy("(none)")), None);
        assert_eq!(versions(""), None);
    }

    #[test]
    fn the_kind_of_a_server_is_guessed_of_none() {
        let case = |version: &str, want| assert_eq!(stamps(version), want, "{version}");
        case("15.20 (Debian 15.20-0+deb12u1)", Some(true));
        case("15.18 (Debian 15.18-0+deb12u1)", Some(false));
        case("15.21 (Debian 15.21-0+deb12u1)", None);
        case("15.20", None);
        case("15.20 (Ubuntu 15.20-1.pgdg22.04+1)", None);
        case("17.2 (Debian 17.2-1)", None);
        case("18beta1", None);
    }
}
