//! Connects to one of the servers of an address, as libpq does (PostgreSQL manual, 34.1.1.3): an address comes in, and the
//! server that was reached comes out, or the reason of each attempt.
//!
//! If a server is not there or does not fit, the next one is tried. If a server refuses, none is: it is the right server,
//! and the role or the password is wrong.

use std::error::Error as _;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::{fmt, io};

use deadpool_postgres::{Connect, Manager, ManagerConfig};
use tokio::net::lookup_host;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config;
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::reached::Reached;
use super::tls::{Connector, Progress};
use crate::cli::address::{PostgresAddress, ServerAddress, SslMode, Target};
use crate::cli::failure::Failure;

/// A session, and the task that drives its connection.
type Session = (Client, JoinHandle<()>);

/// Connects to the first server that fits. Returns the server, and a manager whose connections all go to it.
pub(super) async fn reach(
    address: &PostgresAddress,
    program: &str,
) -> Result<(Reached, Manager), Unreachable> {
    let mut servers: Vec<&ServerAddress> = address.servers().iter().collect();
    if address.tries_in_random_order() {
        fastrand::shuffle(&mut servers);
    }
    let mut failed = Unreachable { attempts: Vec::new(), is_alone: servers.len() == 1 };
    for target in address.target().passes() {
        'servers: for server in &servers {
            let ips = match ips(server, address.tries_in_random_order()).await {
                Ok(ips) => ips,
                Err(error) => {
                    failed.attempts.push((server.to_string(), Reason::Name(error)));
                    continue;
                }
            };
            for ip in ips {
                let candidate = Candidate { address, server, ip, program, target: *target };
                match candidate.connect(&mut failed).await {
                    Ok(made) => return Ok(made),
                    Err(Next::Ip) => {}
                    Err(Next::Server) => continue 'servers,
                    Err(Next::Nothing) => return Err(failed),
                }
            }
        }
    }
    Err(failed)
}

/// The addresses of a server. For a socket this is one `None`.
async fn ips(server: &ServerAddress, in_random_order: bool) -> io::Result<Vec<Option<IpAddr>>> {
    if server.socket().is_some() {
        return Ok(vec![None]);
    }
    if let Some(ip) = server.hostaddr() {
        return Ok(vec![Some(ip)]);
    }
    let mut ips: Vec<_> =
        lookup_host((server.host(), server.port())).await?.map(|at| Some(at.ip())).collect();
    if ips.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it has no address"));
    }
    if in_random_order {
        fastrand::shuffle(&mut ips);
    }
    Ok(ips)
}

/// A server at one of its addresses.
struct Candidate<'c> {
    address: &'c PostgresAddress,
    server: &'c ServerAddress,
    ip: Option<IpAddr>,
    program: &'c str,
    target: Target,
}

/// What to try after a failure.
enum Next {
    Ip,
    Server,
    Nothing,
}

/// How to begin a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    /// Encrypted if the server offers it.
    Offered,
    Encrypted,
}

impl Candidate<'_> {
    async fn connect(&self, failed: &mut Unreachable) -> Result<(Reached, Manager), Next> {
        let mut ways = self.ways().iter().peekable();
        while let Some(way) = ways.next() {
            let connector = match self.connector(*way) {
                Ok(connector) => connector,
                Err(failure) => {
                    failed.attempts.push((self.server.to_string(), Reason::Tls(failure)));
                    return Err(Next::Nothing);
                }
            };
            let progress = connector.progress();
            let reason = match self.session(*way, &connector).await {
                Ok(session) => return Ok(self.made(session, connector)),
                Err(reason) => reason,
            };
            let next = next(&reason, progress);
            let is_tried_otherwise = reason.wants_another_way(*way, progress) && ways.peek().is_some();
            failed.attempts.push((self.server.to_string(), reason));
            if !is_tried_otherwise || !matches!(next, Next::Nothing) {
                return Err(next);
            }
        }
        Err(Next::Nothing)
    }

    /// The order in which to try TLS (PostgreSQL manual, 34.19.1). A socket has no TLS.
    fn ways(&self) -> &'static [Way] {
        match (self.ip, self.address.ssl_mode()) {
            (None, _) | (_, SslMode::Disable) => &[Way::Plain],
            (_, SslMode::Allow) => &[Way::Plain, Way::Offered],
            (_, SslMode::Prefer) => &[Way::Offered, Way::Plain],
            (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Way::Encrypted],
        }
    }

    fn connector(&self, way: Way) -> Result<Connector, Failure> {
        let tls = (way != Way::Plain).then(|| self.address.tls());
        let ip = self.ip.map(|ip| ip.to_string()).unwrap_or_default();
        Connector::new(tls, self.server.host(), &ip)
    }

    fn config(&self, mode: config::SslMode) -> Config {
        named(self.address.config(self.server, self.ip, mode), self.program)
    }

    /// Begins a session, and checks that it fits.
    async fn session(&self, way: Way, connector: &Connector) -> Result<Session, Reason> {
        let config = self.config(match way {
            Way::Plain => config::SslMode::Disable,
            Way::Offered => config::SslMode::Prefer,
            Way::Encrypted => config::SslMode::Require,
        });
        let connecting = async {
            let session = connected(&config, connector.clone()).await.map_err(Reason::Driver)?;
            match unfit(&session.0, self.target).await {
                None => Ok(session),
                Some(reason) => Err(Reason::Unfit(reason)),
            }
        };
        match self.address.time_to_connect() {
            Some(time) => timeout(time, connecting).await.unwrap_or(Err(Reason::Time)),
            None => connecting.await,
        }
    }

    fn made(&self, session: Session, connector: Connector) -> (Reached, Manager) {
        let reached = Reached::new(self.address, self.server, self.ip, connector.progress().has_tls());
        let config = named(reached.config(), self.program);
        let again = Again { first: Mutex::new(Some(session)), connector };
        (reached, Manager::from_connect(config, again, ManagerConfig::default()))
    }
}

fn named(mut config: Config, program: &str) -> Config {
    if config.get_application_name().is_none() {
        config.application_name(program);
    }
    config
}

async fn connected(config: &Config, connector: Connector) -> Result<Session, tokio_postgres::Error> {
    let (client, connection) = config.connect(connector).await?;
    // The result is dropped, because each later call of the client reports that the connection ended.
    let task = tokio::spawn(async { drop(connection.await) });
    Ok((client, task))
}

/// Why a session does not fit the target, or `None` if it does.
async fn unfit(client: &Client, target: Target) -> Option<String> {
    let (question, wanted, reason) = match target {
        Target::Any => return None,
        Target::ReadWrite => ("SHOW transaction_read_only", "off", "its sessions are read-only"),
        Target::ReadOnly => ("SHOW transaction_read_only", "on", "its sessions are not read-only"),
        Target::Primary => ("SELECT pg_catalog.pg_is_in_recovery()", "f", "it is a standby"),
        Target::Standby | Target::PreferStandby => {
            ("SELECT pg_catalog.pg_is_in_recovery()", "t", "it is not a standby")
        }
    };
    match client.simple_query(question).await {
        Err(error) => Some(error.to_string()),
        Ok(messages) => {
            let is_wanted = messages
                .iter()
                .any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some(wanted)));
            (!is_wanted).then(|| reason.to_owned())
        }
    }
}

/// Connects to the server that was reached. The session that reached it is handed out first.
struct Again {
    first: Mutex<Option<Session>>,
    connector: Connector,
}

impl Connect for Again {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<Session, tokio_postgres::Error>> + Send + '_>> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (config, connector) = (config.clone(), self.connector.clone());
        Box::pin(async move {
            match first {
                Some(session) => Ok(session),
                None => connected(&config, connector).await,
            }
        })
    }
}

/// Why an attempt failed.
#[derive(Debug)]
enum Reason {
    Name(io::Error),
    Driver(tokio_postgres::Error),
    Tls(Failure),
    Unfit(String),
    Time,
}

/// What to try after this reason. As in libpq, a server that answers and refuses is the right one, so nothing else is tried.
fn next(reason: &Reason, progress: &Progress) -> Next {
    const CANNOT_CONNECT_NOW: &str = "57P03";
    match reason {
        Reason::Name(_) | Reason::Unfit(_) => Next::Server,
        Reason::Time => Next::Ip,
        Reason::Tls(_) => Next::Nothing,
        Reason::Driver(_) if !progress.is_connected() => Next::Ip,
        Reason::Driver(error) if error.code().is_some_and(|code| code.code() == CANNOT_CONNECT_NOW) => {
            Next::Server
        }
        Reason::Driver(_) => Next::Nothing,
    }
}

impl Reason {
    /// Whether to try again with TLS after an attempt without it, or the other way round.
    fn wants_another_way(&self, way: Way, progress: &Progress) -> bool {
        let Reason::Driver(error) = self else { return false };
        let is_refused = error.as_db_error().is_some();
        match way {
            Way::Plain => is_refused,
            Way::Offered => progress.has_begun_tls() && (is_refused || !progress.has_tls()),
            Way::Encrypted => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Name(error) => write!(f, "cannot look up its name: {error}"),
            Reason::Driver(error) => driver_error(error).fmt(f),
            Reason::Tls(failure) => failure.message().fmt(f),
            Reason::Unfit(reason) => reason.fmt(f),
            Reason::Time => f.write_str("it did not answer in time"),
        }
    }
}

/// The texts of an error and of its causes, each once.
fn driver_error(error: &tokio_postgres::Error) -> String {
    let mut message = match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => error.to_string(),
    };
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        let is_shown = message.contains(&text) || error.is::<tokio_postgres::error::DbError>();
        if !is_shown {
            message += &format!(": {text}");
        }
        source = error.source();
    }
    message
}

/// No server was reached, or none of them fits.
#[derive(Debug)]
pub(super) struct Unreachable {
    /// Each server that was tried, and why the attempt failed.
    attempts: Vec<(String, Reason)>,
    /// Whether the address names only one server.
    is_alone: bool,
}

impl Unreachable {
    fn last(&self) -> Option<&Reason> {
        self.attempts.last().map(|(_, reason)| reason)
    }

    /// The error code of the server, if it refused.
    pub(super) fn code(&self) -> Option<&str> {
        match self.last()? {
            Reason::Driver(error) => error.code().map(tokio_postgres::error::SqlState::code),
            _ => None,
        }
    }

    /// The kind of the failure, for machines.
    pub(super) fn kind(&self) -> &'static str {
        if matches!(self.last(), Some(Reason::Tls(_))) { "tls" } else { "connection" }
    }

    /// What to do about it, if that is known here.
    pub(super) fn help(&self) -> Option<&str> {
        match self.last()? {
            Reason::Tls(failure) => failure.help_text(),
            _ => None,
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// An address may name any number of servers. The message shows the first few.
        const SHOWN: usize = 10;
        let mut lines: Vec<String> = Vec::new();
        let count = self.attempts.len();
        // The last attempt is always shown, because it ended the search.
        let last = self.attempts.last().filter(|_| count > SHOWN);
        for (server, reason) in self.attempts.iter().take(SHOWN).chain(last) {
            let text = if self.is_alone { reason.to_string() } else { format!("{server}: {reason}") };
            if !lines.contains(&text) {
                lines.push(text);
            }
        }
        if count > SHOWN + 1 {
            lines.push(format!("and {} more", count - SHOWN - 1));
        }
        f.write_str(&lines.join(if self.is_alone { "; " } else { "\n - " }))
    }
}
