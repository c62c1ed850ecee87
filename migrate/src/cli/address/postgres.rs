use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::password_line::{Wanted, password};
use super::{AddressError, parameters, password_file};

/// A database of a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    config: Config,
    ssl_mode: SslMode,
    ssl_root_cert: Option<PathBuf>,
    /// Where a password is looked for that neither the address nor the environment has.
    password_file: Option<PathBuf>,
    is_password_of_file: bool,
}

/// How much of TLS is asked for (PostgreSQL manual, 34.19.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// None.
    Disable,
    /// What the server offers, and its certificate is not looked at.
    Prefer,
    /// TLS. Its certificate is looked at only when authorities are named.
    Require,
    /// The certificate comes from a trusted authority.
    VerifyCa,
    /// It also names the host.
    VerifyFull,
}

impl SslMode {
    const ALL: [(&'static str, SslMode); 5] = [
        ("disable", SslMode::Disable),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ];

    fn parse(text: &str) -> Result<SslMode, AddressError> {
        let known = SslMode::ALL.iter().find(|(name, _)| *name == text);
        known.map(|(_, mode)| *mode).ok_or_else(|| {
            AddressError::new(
                "the sslmode of the address is none that this tool knows",
                "write `disable`, `prefer`, `require`, `verify-ca` or `verify-full`",
            )
        })
    }

    /// The word of libpq.
    pub fn as_str(self) -> &'static str {
        SslMode::ALL.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }
}

/// What Prisma's own pool is told; there is no such pool here.
const OF_PRISMA: [&str; 6] =
    ["connection_limit", "pool_timeout", "socket_timeout", "pgbouncer", "statement_cache_size", "sslaccept"];

impl PostgresAddress {
    /// Reads what stands behind `postgres:`.
    pub(super) fn parse(text: &str) -> Result<PostgresAddress, AddressError> {
        let (base, parameters) = parameters(text)?;
        let (mut ssl_mode, mut ssl_root_cert, mut password_file) = (None, None, None);
        let mut others = Vec::new();
        for (key, value) in parameters {
            match key.as_str() {
                "sslmode" => ssl_mode = Some(SslMode::parse(&value)?),
                "sslrootcert" => ssl_root_cert = Some(value),
                "passfile" => password_file = Some(value),
                "sslcert" | "sslkey" | "sslpassword" | "sslidentity" => {
                    return Err(AddressError::new(
                        format!("the address has `{key}`, and this tool has no client certificates"),
                        "use a role with a password, or a local socket",
                    ));
                }
                "schema" if value == "public" => {}
                "schema" => {
                    return Err(AddressError::new(
                        "the address has Prisma's `schema`",
                        format!(
                            "write `options=-csearch_path%3D{value}` instead, and give `--history-schema {value}` to \
                             have the history there too"
                        ),
                    ));
                }
                key if OF_PRISMA.contains(&key) => {}
                _ => others.push((key, value)),
            }
        }
        let ssl_mode = match (ssl_mode, variable("PGSSLMODE")) {
            (Some(mode), _) => mode,
            (None, Some(text)) => SslMode::parse(&text)?,
            (None, None) => SslMode::Prefer,
        };
        let port = environment_port()?;
        let mut config = config(&port.map_or(base.to_owned(), |port| with_port(base, port)), &others)?;
        complete(&mut config, port);
        let is_local = !config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
        // As with libpq, a socket on this machine needs no TLS.
        let ssl_mode = if is_local { SslMode::Disable } else { ssl_mode };
        config.ssl_mode(match ssl_mode {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            _ => tokio_postgres::config::SslMode::Require,
        });
        let ssl_root_cert = ssl_root_cert.or_else(|| variable("PGSSLROOTCERT"));
        let password_file = password_file.or_else(|| variable("PGPASSFILE")).map(PathBuf::from);
        Ok(PostgresAddress {
            config,
            ssl_mode,
            ssl_root_cert: ssl_root_cert.map(PathBuf::from),
            password_file: password_file.or_else(password_file::usual),
            is_password_of_file: false,
        })
    }

    /// What the driver connects with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How much of TLS is asked for.
    pub fn ssl_mode(&self) -> SslMode {
        self.ssl_mode
    }

    /// A file with the authorities to trust.
    pub fn ssl_root_cert(&self) -> Option<&Path> {
        self.ssl_root_cert.as_deref()
    }

    /// The name of the database: what the address says, else that of the role.
    pub fn database(&self) -> &str {
        self.config.get_dbname().or(self.config.get_user()).unwrap_or_default()
    }

    /// Takes the password of the file, unless there is one.
    ///
    /// # Errors
    ///
    /// With a warning: the file is none to be used, or does not say which one.
    pub(super) fn take_password(&mut self) -> Result<(), String> {
        let (None, Some(path)) = (self.config.get_password(), &self.password_file) else { return Ok(()) };
        let passwords = self.passwords_in(&password_file::read(path)?);
        // The driver gives all servers the same one.
        if passwords.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(format!(
                "the password file says something else for each host of the address, so it is not used\n --> {}\n \
                 help: name one host, or give the password in PGPASSWORD",
                path.display()
            ));
        }
        if let Some(password) = passwords.into_iter().next().flatten().filter(|text| !text.is_empty()) {
            self.config.password(password);
            self.is_password_of_file = true;
        }
        Ok(())
    }

    /// What a password file says for each server.
    pub(super) fn passwords_in(&self, file: &[u8]) -> Vec<Option<Vec<u8>>> {
        let (user, database) = (self.config.get_user().unwrap_or_default(), self.database());
        let of_server = |(hosts, port): (Vec<String>, u16)| {
            let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
            password(file, Wanted { hosts: &hosts, port, database, user })
        };
        self.servers().map(of_server).collect()
    }

    /// What each server may be called in a password file, and its port.
    fn servers(&self) -> impl Iterator<Item = (Vec<String>, u16)> {
        let (config, ports) = (&self.config, self.config.get_ports());
        let named = config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => vec![name.clone()],
            #[cfg(unix)]
            Host::Unix(folder) if SOCKETS.iter().any(|usual| folder == Path::new(usual)) => {
                vec!["localhost".to_owned(), folder.to_string_lossy().into_owned()]
            }
            #[cfg(unix)]
            Host::Unix(folder) => vec![folder.to_string_lossy().into_owned()],
        });
        let unnamed = config.get_hostaddrs().iter().skip(config.get_hosts().len());
        let all = named.chain(unnamed.map(|address| vec![address.to_string()]));
        all.enumerate().map(|(i, names)| (names, ports.get(i).or(ports.first()).copied().unwrap_or(PORT)))
    }

    /// What to do about a password that is missing or wrong.
    pub(in crate::cli) fn password_help(&self) -> String {
        match &self.password_file {
            Some(path) if self.is_password_of_file => {
                format!("check the role and its password, which is from {}", path.display())
            }
            Some(path) if self.config.get_password().is_none() => format!(
                "check the role, and give its password in the address, in PGPASSWORD, or in a line \
                 `host:port:database:user:password` of {}",
                path.display()
            ),
            _ => "check the role and its password; PGPASSWORD holds one that the address does not".to_owned(),
        }
    }
}

/// What the address does not say: as libpq has it, from the environment (PostgreSQL manual, 34.15), else a default.
fn complete(config: &mut Config, port: Option<u16>) {
    /// Long enough for a server that wakes up, short enough to be waited for.
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host(variable("PGHOST").unwrap_or_else(|| local_host(port).to_owned()));
    }
    if let (true, Some(port)) = (config.get_ports().is_empty(), port) {
        config.port(port);
    }
    if let (None, Some(database)) = (config.get_dbname(), variable("PGDATABASE")) {
        config.dbname(database);
    }
    if let (None, Some(user)) = (config.get_user(), variable("PGUSER")) {
        config.user(user);
    }
    // The driver would take it too, and nobody else would know.
    if let (None, Ok(user)) = (config.get_user(), whoami::username()) {
        config.user(user);
    }
    if let (None, Some(password)) = (config.get_password(), variable("PGPASSWORD")) {
        config.password(password);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
}

/// Where a server listens when nobody says where.
const PORT: u16 = 5432;

fn environment_port() -> Result<Option<u16>, AddressError> {
    let Some(text) = variable("PGPORT") else { return Ok(None) };
    let help = "set it to a number from 1 to 65535, or write the port into the address";
    let port = text.parse().ok().filter(|port| *port > 0);
    port.map(Some).ok_or_else(|| AddressError::new("PGPORT is no port", help))
}

/// The address with this port for each host that has none, because the driver would take 5432 for it.
fn with_port(base: &str, port: u16) -> String {
    let hosts_at = base.find('@').map_or_else(|| base.len().min(2), |at| at + 1);
    let (before, rest) = base.split_at(hosts_at);
    let (hosts, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let has_port = |host: &str| host.rsplit(']').next().unwrap_or(host).contains(':');
    let with_port = |host: &str| match host.is_empty() || has_port(host) {
        true => host.to_owned(),
        false => format!("{host}:{port}"),
    };
    format!("{before}{}{path}", hosts.split(',').map(with_port).collect::<Vec<_>>().join(","))
}

/// Where libpq looks for a server's socket, by how it was built.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Where a server of this machine is: at its socket, where there is one.
fn local_host(port: Option<u16>) -> &'static str {
    let socket = format!(".s.PGSQL.{}", port.unwrap_or(PORT));
    let holds_one = |folder: &&&str| Path::new(folder).join(&socket).exists();
    SOCKETS.iter().find(holds_one).copied().unwrap_or("localhost")
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The rest is the driver's to read.
fn config(base: &str, parameters: &[(String, String)]) -> Result<Config, AddressError> {
    const HELP: &str = "write it as `postgres://user:password@host:5432/name?sslmode=require`, and what is not a letter \
                        or a digit in the password as `%` and two hexadecimal digits";
    let pair = |(key, value): &(String, String)| format!("{}={}", encoded(key), encoded(value));
    let query: Vec<String> = parameters.iter().map(pair).collect();
    let url = format!("postgresql:{base}?{}", query.join("&"));
    // The driver's text names a parameter and never its value.
    url.parse().map_err(|error: tokio_postgres::Error| {
        let reason = std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string);
        AddressError::new(format!("the address of the database does not read: {reason}"), HELP)
    })
}

fn encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgresql://")?;
        self.config.get_user().iter().try_for_each(|user| write!(f, "{user}@"))?;
        let ports = self.config.get_ports();
        for (i, host) in self.config.get_hosts().iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "," })?;
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(folder) => f.write_str(&encoded(&folder.to_string_lossy()))?,
            }
            let port = ports.get(i).or(ports.first());
            port.iter().try_for_each(|port| write!(f, ":{port}"))?;
        }
        write!(f, "/{}", self.database())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::with_port;

    #[test]
    fn a_host_without_a_port_gets_one() {
        for (base, want) in [
            ("//h/shop", "//h:6432/shop"),
            ("//h:1/shop", "//h:1/shop"),
            ("//ada:secret@h/shop", "//ada:secret@h:6432/shop"),
            ("//ada:se%2Fcret@h:1/shop", "//ada:se%2Fcret@h:1/shop"),
            ("//a,b:1,c", "//a:6432,b:1,c:6432"),
            ("//[::1]/shop", "//[::1]:6432/shop"),
            ("//[::1]:1/shop", "//[::1]:1/shop"),
            ("///shop", "///shop"),
            ("//ada@/shop", "//ada@/shop"),
            ("//", "//"),
            ("", ""),
        ] {
            assert_eq!(with_port(base, 6432), want, "{base}");
        }
    }
}
