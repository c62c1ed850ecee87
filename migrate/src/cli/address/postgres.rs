//! The address of a PostgreSQL database: settings come in, and servers, role, database and TLS come out, all checked.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{self, ChannelBinding};

use super::password_line::{Wanted, password};
use super::server::ServerAddress;
use super::settings::Settings;
use super::target::Target;
use super::tls::{SslMode, Tls};
use super::{AddressError, Environment, home, password_file, refused, service};

/// The address of a database on a PostgreSQL server.
///
/// It may name several servers: the first one that fits is used. Display shows it without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    /// At least one server.
    servers: Vec<ServerAddress>,
    user: String,
    database: String,
    password: Option<Vec<u8>>,
    /// The password file, for servers whose password neither the address nor the environment has.
    password_file: Option<PathBuf>,
    options: Option<String>,
    application_name: Option<String>,
    target: Target,
    tries_in_random_order: bool,
    tls: Tls,
    channel_binding: ChannelBinding,
    timeout: Timeout,
    keepalive: Keepalive,
    /// The names of other drivers' options on which nothing here depends.
    ignored: Vec<String>,
}

/// How long to wait for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timeout {
    Unsaid,
    Never,
    After(Duration),
}

/// How to notice that a server is gone (PostgreSQL manual, 34.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Keepalive {
    is_on: bool,
    idle: Option<Duration>,
    interval: Option<Duration>,
    count: Option<u32>,
    user_timeout: Option<Duration>,
}

impl PostgresAddress {
    /// Builds the address from settings, and completes them as libpq does: from a service, then from the environment, then
    /// with defaults.
    pub(super) fn new(
        mut settings: Settings,
        environment: Environment<'_>,
    ) -> Result<PostgresAddress, AddressError> {
        service::complete(&mut settings, environment)?;
        settings.complete(environment);
        refused::check(&settings)?;
        for name in ["host", "user", "dbname"] {
            refuse_address(name, settings.text(name)?.unwrap_or_default())?;
        }
        let text = |name| Ok(settings.text(name)?.map(str::to_owned));
        let user = match text("user")? {
            Some(user) => user,
            None => whoami::username().map_err(|_| {
                AddressError::new(
                    "the address names no role",
                    "write it before the host: `postgres://role@host/name`",
                )
            })?,
        };
        let password_file = settings.text("passfile")?.map(PathBuf::from);
        Ok(PostgresAddress {
            servers: ServerAddress::all(&settings)?,
            database: text("dbname")?.unwrap_or_else(|| user.clone()),
            user,
            password: settings.bytes("password").map(<[u8]>::to_vec),
            password_file: password_file.or_else(|| home::file(".pgpass", environment)),
            options: text("options")?,
            application_name: match text("application_name")? {
                None if !settings.is_empty("application_name") => text("fallback_application_name")?,
                name => name,
            },
            target: Target::parse(word(&settings, "target_session_attrs", "any")?)?,
            tries_in_random_order: match word(&settings, "load_balance_hosts", "disable")? {
                "random" => true,
                "disable" => false,
                _ => return Err(unknown_word("load_balance_hosts", "`disable` or `random`")),
            },
            tls: Tls::of(&settings, environment)?,
            channel_binding: match word(&settings, "channel_binding", "prefer")? {
                "disable" => ChannelBinding::Disable,
                "prefer" => ChannelBinding::Prefer,
                "require" => ChannelBinding::Require,
                _ => return Err(unknown_word("channel_binding", "`disable`, `prefer` or `require`")),
            },
            timeout: Timeout::of(&settings)?,
            keepalive: Keepalive::of(&settings)?,
            ignored: settings.ignored().to_vec(),
        })
    }

    /// The options of other drivers that are ignored.
    pub(super) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The servers in the order in which to try them.
    pub(in crate::cli) fn servers(&self) -> &[ServerAddress] {
        &self.servers
    }

    /// Whether to try the servers and their IP addresses in random order.
    pub(in crate::cli) fn tries_in_random_order(&self) -> bool {
        self.tries_in_random_order
    }

    /// Which servers fit.
    pub(in crate::cli) fn target(&self) -> Target {
        self.target
    }

    pub(in crate::cli) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// The `sslmode`: how much TLS the address asks for. A connection over a socket has no TLS in any mode.
    pub fn ssl_mode(&self) -> SslMode {
        self.tls.mode
    }

    /// The file with the authorities to trust, or `system` for those of the system; `None` if there are none.
    pub fn ssl_root_cert(&self) -> Option<&Path> {
        self.tls.root_file()
    }

    /// The name of the role.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The name of the database. If the address has none, it is the name of the role.
    pub fn database(&self) -> &str {
        &self.database
    }

    pub(in crate::cli) fn options(&self) -> Option<&str> {
        self.options.as_deref()
    }

    /// The password for one of the servers.
    pub(in crate::cli) fn password(&self, server: &ServerAddress) -> Option<Vec<u8>> {
        self.password.clone().or_else(|| server.password().map(<[u8]>::to_vec))
    }

    /// The value of `channel_binding` for libpq.
    pub(in crate::cli) fn channel_binding(&self) -> &'static str {
        match self.channel_binding {
            ChannelBinding::Disable => "disable",
            ChannelBinding::Require => "require",
            _ => "prefer",
        }
    }

    /// How long one IP address of a server may take to start a session.
    pub(in crate::cli) fn time_to_connect(&self) -> Option<Duration> {
        /// Without a limit, a server that accepts a connection and never answers would stop the run.
        const LONGEST: Duration = Duration::from_secs(60);
        match self.timeout {
            Timeout::Unsaid => Some(LONGEST),
            Timeout::Never => None,
            Timeout::After(time) => Some(time),
        }
    }

    /// The driver's configuration for one of the servers, at this IP address or, without one, at its socket.
    pub(in crate::cli) fn config(
        &self,
        server: &ServerAddress,
        address: Option<IpAddr>,
        ssl_mode: config::SslMode,
    ) -> Config {
        /// Long enough for a server that has to wake up, and short enough for a person to wait.
        const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
        let mut config = Config::new();
        config.user(&self.user).dbname(&self.database).port(server.port());
        match address {
            #[cfg(unix)]
            None => {
                config.host_path(server.socket().unwrap_or_default());
            }
            #[cfg(not(unix))]
            None => {}
            Some(address) => {
                // The driver wants a host name for TLS. The IP address will do: the connector uses its own name.
                config.host(address.to_string()).hostaddr(address);
            }
        }
        if let Some(password) = self.password(server) {
            config.password(password);
        }
        if let Some(options) = &self.options {
            config.options(options);
        }
        if let Some(name) = &self.application_name {
            config.application_name(name);
        }
        config.ssl_mode(ssl_mode).channel_binding(self.channel_binding);
        match self.timeout {
            Timeout::Unsaid => config.connect_timeout(CONNECT_TIMEOUT),
            Timeout::Never => &mut config,
            Timeout::After(time) => config.connect_timeout(time),
        };
        self.keepalive.configure(&mut config);
        config
    }

    /// Takes the passwords from the password file, unless there is a password already.
    ///
    /// # Errors
    ///
    /// Returns a warning if the file must not be used.
    pub(super) fn take_password(&mut self) -> Result<(), String> {
        let (None, Some(path)) = (&self.password, &self.password_file) else { return Ok(()) };
        let passwords = self.passwords_in(&password_file::read(path)?);
        self.servers.iter_mut().zip(passwords).for_each(|(server, password)| server.set_password(password));
        Ok(())
    }

    /// The password for each server in the text of a password file.
    pub(super) fn passwords_in(&self, file: &[u8]) -> Vec<Option<Vec<u8>>> {
        let of_server = |server: &ServerAddress| {
            let names = server.names();
            let hosts: Vec<&str> = names.iter().map(String::as_str).collect();
            let (database, user) = (self.database.as_str(), self.user.as_str());
            password(file, Wanted { hosts: &hosts, port: server.port(), database, user })
        };
        self.servers.iter().map(of_server).collect()
    }

    /// What to do about a password that is missing or wrong.
    pub(in crate::cli) fn password_help(&self) -> String {
        let is_of_file = self.servers.iter().any(|server| server.password().is_some());
        match &self.password_file {
            Some(path) if is_of_file => {
                format!("check the role and its password, which is from {}", path.display())
            }
            Some(path) if self.password.is_none() => format!(
                "check the role, and give its password in the address, in PGPASSWORD, or in a line \
                 `host:port:database:user:password` of {}",
                path.display()
            ),
            _ => "check the role and its password; PGPASSWORD can hold it if the address does not".to_owned(),
        }
    }
}

/// Refuses a whole address where only a part of one belongs. Such a part is shown, and a whole address may hold a password.
fn refuse_address(name: &str, value: &str) -> Result<(), AddressError> {
    let holds_password = value.rsplit_once('@').is_some_and(|(before, _)| before.contains(':'));
    // The name of an abstract socket begins with an `@`, and the name of a role may contain one anywhere.
    let is_behind_role = |host: &str| host.strip_prefix('@').unwrap_or(host).contains('@');
    if value.contains("://") || holds_password || (name == "host" && value.split(',').any(is_behind_role)) {
        return Err(AddressError::new(
            format!("the value of `{name}` is a whole address"),
            "give the address as DATABASE_URL or `--database-url`, and only a part of it here",
        ));
    }
    Ok(())
}

/// A value that must be one of some words. As in libpq, an empty value is not one of them.
fn word<'s>(settings: &'s Settings, name: &str, default: &'s str) -> Result<&'s str, AddressError> {
    Ok(settings.text(name)?.unwrap_or(if settings.is_empty(name) { "" } else { default }))
}

fn unknown_word(name: &str, words: &str) -> AddressError {
    AddressError::new(format!("the value of `{name}` is unknown"), format!("write {words}"))
}

impl Timeout {
    fn of(settings: &Settings) -> Result<Timeout, AddressError> {
        /// libpq counts whole seconds, so one second could end at once.
        const SHORTEST: u64 = 2;
        let seconds = match word(settings, "connect_timeout", "unsaid")? {
            "unsaid" => return Ok(Timeout::Unsaid),
            _ => number_of(settings, "connect_timeout")?.unwrap_or_default(),
        };
        match u64::try_from(seconds) {
            Ok(0) | Err(_) => Ok(Timeout::Never),
            Ok(seconds) => Ok(Timeout::After(Duration::from_secs(seconds.max(SHORTEST)))),
        }
    }
}

impl Keepalive {
    fn of(settings: &Settings) -> Result<Keepalive, AddressError> {
        // As in libpq, zero or less leaves the value to the system.
        let positive = |name| {
            Ok(number_of(settings, name)?.and_then(|number| u32::try_from(number).ok()).filter(|n| *n > 0))
        };
        let seconds = |name| Ok(positive(name)?.map(|seconds| Duration::from_secs(seconds.into())));
        Ok(Keepalive {
            is_on: number_of(settings, "keepalives")? != Some(0),
            idle: seconds("keepalives_idle")?,
            interval: seconds("keepalives_interval")?,
            count: positive("keepalives_count")?,
            user_timeout: positive("tcp_user_timeout")?.map(|ms| Duration::from_millis(ms.into())),
        })
    }

    fn configure(&self, config: &mut Config) {
        config.keepalives(self.is_on);
        if let Some(time) = self.idle {
            config.keepalives_idle(time);
        }
        if let Some(time) = self.interval {
            config.keepalives_interval(time);
        }
        if let Some(count) = self.count {
            config.keepalives_retries(count);
        }
        if let Some(time) = self.user_timeout {
            config.tcp_user_timeout(time);
        }
    }
}

fn number_of(settings: &Settings, name: &str) -> Result<Option<i32>, AddressError> {
    let text = match settings.text(name)? {
        None if !settings.is_empty(name) => return Ok(None),
        text => text.unwrap_or_default(),
    };
    super::number(text).map(Some).ok_or_else(|| {
        AddressError::new(format!("the value of `{name}` is not a number"), "write a whole number")
    })
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<String> = self.servers.iter().map(ToString::to_string).collect();
        let (user, database) = (super::encoded(&self.user), super::encoded(&self.database));
        write!(f, "postgresql://{user}@{}/{database}", servers.join(","))?;
        // With a `hostaddr`, the name alone does not say which server it is.
        let named = self.servers.iter().filter(|server| !server.host().is_empty());
        let addresses: Vec<String> =
            named.filter_map(|server| Some(server.hostaddr()?.to_string())).collect();
        if addresses.is_empty() { Ok(()) } else { write!(f, "?hostaddr={}", addresses.join(",")) }
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
