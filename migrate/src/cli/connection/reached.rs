//! The server of a run, for the connections of the driver and for programs such as `pg_dump`.

use std::fmt;
use std::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config;

use crate::cli::address::{PostgresAddress, ServerAddress, SslMode, TlsVersions};

/// The server that a run reached: one server of the address, one IP address, and whether TLS is used. All further
/// connections of the run go there. So do programs that work for the run: `target_session_attrs`, or a name with several
/// addresses, could otherwise send them to a different server.
#[derive(Clone)]
pub(crate) struct Reached {
    address: PostgresAddress,
    server: ServerAddress,
    /// `None` if it was reached by its socket.
    ip: Option<IpAddr>,
    is_encrypted: bool,
}

impl Reached {
    pub(super) fn new(
        address: &PostgresAddress,
        server: &ServerAddress,
        ip: Option<IpAddr>,
        is_encrypted: bool,
    ) -> Reached {
        Reached { address: address.clone(), server: server.clone(), ip, is_encrypted }
    }

    /// The value for `--host` of a program: a name, an IP address, or the folder of a socket. If the certificate is checked
    /// against a name, this is that name.
    pub(crate) fn host(&self) -> String {
        let is_checked = self.ssl_mode().verifies() && !self.server.host().is_empty();
        match self.ip {
            Some(ip)
                if !is_checked && (self.server.host().is_empty() || self.server.hostaddr().is_some()) =>
            {
                ip.to_string()
            }
            _ => self.server.host().to_owned(),
        }
    }

    /// Whether the address names other servers too.
    pub(super) fn is_one_of_several(&self) -> bool {
        self.address.servers().len() > 1
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    pub(crate) fn user(&self) -> &str {
        self.address.user()
    }

    pub(crate) fn database(&self) -> &str {
        self.address.database()
    }

    /// The mode with which another program uses TLS exactly if this run does.
    pub(crate) fn ssl_mode(&self) -> SslMode {
        match self.address.ssl_mode() {
            mode if mode.verifies() => mode,
            _ if self.is_encrypted => SslMode::Require,
            _ => SslMode::Disable,
        }
    }

    /// The configuration with which the driver connects again.
    pub(crate) fn config(&self) -> Config {
        let mode = if self.is_encrypted { config::SslMode::Require } else { config::SslMode::Disable };
        self.address.config(&self.server, self.ip, mode)
    }

    /// The environment for programs that use libpq, such as `pg_dump`: all variables that decide to which server they
    /// connect, and how (PostgreSQL manual, 34.15). A variable without a value must be removed from their environment. The
    /// password is here, because other users can see the arguments of a process, and not its environment.
    pub(crate) fn variables(&self) -> Vec<(&'static str, Option<Vec<u8>>)> {
        let text = |text: &str| Some(text.as_bytes().to_vec()).filter(|text| !text.is_empty());
        let tls = self.address.tls();
        let (lowest, highest) = match tls.versions {
            TlsVersions::All => (None, None),
            TlsVersions::Only12 => (None, text("TLSv1.2")),
            TlsVersions::Only13 => (text("TLSv1.3"), None),
        };
        vec![
            ("PGHOST", text(self.server.host())),
            ("PGHOSTADDR", self.ip.and_then(|ip| text(&ip.to_string()))),
            ("PGPORT", text(&self.port().to_string())),
            ("PGUSER", text(self.user())),
            ("PGDATABASE", text(self.database())),
            ("PGPASSWORD", self.address.password(&self.server)),
            ("PGOPTIONS", self.address.options().and_then(text)),
            ("PGSSLMODE", text(self.ssl_mode().as_str())),
            ("PGSSLROOTCERT", tls.root_file().map(|path| path.as_os_str().as_encoded_bytes().to_vec())),
            ("PGSSLSNI", text(if tls.sends_name { "1" } else { "0" })),
            ("PGSSLMINPROTOCOLVERSION", lowest),
            ("PGSSLMAXPROTOCOLVERSION", highest),
            ("PGCHANNELBINDING", text(self.address.channel_binding())),
            ("PGGSSENCMODE", text("disable")),
            ("PGSERVICE", None),
            ("PGTARGETSESSIONATTRS", None),
            ("PGLOADBALANCEHOSTS", None),
            ("PGREQUIRESSL", None),
        ]
    }
}

/// Shows the host and the port that were reached.
impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.server)
    }
}

impl fmt::Debug for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reached")
            .field("server", &format_args!("{}", self.server))
            .field("ip", &self.ip)
            .field("is_encrypted", &self.is_encrypted)
            .finish_non_exhaustive()
    }
}
