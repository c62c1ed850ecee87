//! PgBouncer as a tool of tests.
//!
//! What comes in is a server; what goes out is a pooler in front of it, with an address such as
//! `postgresql://postgres@%2Fdev%2Fshm%2F…:6432/pooled`. It pools by transaction: what a session keeps from one
//! transaction to the next is lost there, and tests show it.

use std::num::NonZeroU32;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config};

use super::address::{Address, USER};
use super::base::Base;
use super::error::ServerError;
use super::instance::{Instance, spawn};
use super::locate;
use super::server::Server;

/// PgBouncer in front of a [`Server`], pooling by transaction, as many applications use it.
///
/// Every client reaches the server as the same role, by any name. The pooler stops when the value is dropped, and
/// also when the process that owns it is killed.
///
/// ```
/// use migrate::testing::{Bouncer, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::shared()?;
/// let database = server.create_database("pooled").await?;
/// let bouncer = Bouncer::start(&server)?;
/// let client = bouncer.connect(database.name()).await?;
/// client.batch_execute("CREATE TABLE orders (id bigint)").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Bouncer {
    address: Address,
    instance: Instance,
    process: Child,
}

impl Bouncer {
    /// Starts a pooler with one server connection for each database, which all its clients share. That is the worst
    /// case, and always the same one.
    ///
    /// What depends on the session shows at once:
    ///
    /// ```
    /// use migrate::testing::{Bouncer, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::shared()?;
    /// let database = server.create_database("session").await?;
    /// let bouncer = Bouncer::start(&server)?;
    /// let (one, other) = (bouncer.connect(database.name()).await?, bouncer.connect(database.name()).await?);
    /// one.batch_execute("SET app.business_id = '7'").await?;   // meant for one client …
    /// let seen = other.simple_query("SELECT current_setting('app.business_id', true)").await?;
    /// assert!(format!("{seen:?}").contains('7'));              // … and the next one has it
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It takes a few milliseconds.
    ///
    /// # Errors
    ///
    /// If PgBouncer is not installed (the text says how to install it), or does not start.
    pub fn start(server: &Server) -> Result<Self, ServerError> {
        Self::start_with_pool(server, NonZeroU32::MIN)
    }

    /// Starts a pooler with up to `size` server connections for each database.
    ///
    /// # Errors
    ///
    /// As for [`Bouncer::start`].
    pub fn start_with_pool(server: &Server, size: NonZeroU32) -> Result<Self, ServerError> {
        let program = locate::bouncer().map_err(ServerError::no_bouncer)?;
        let target = target(&server.address.config)?;
        let base = Base::open()?;
        let lock = base.lock()?;
        // It stops with its only user, so it has no idle time.
        let instance = Instance::create(&base, &lock, "bouncer", Duration::ZERO)?;
        drop(lock);
        let settings = instance.data().join("pgbouncer.ini");
        base.account.create_file(&settings, &configuration(&target, &instance.directory, size))?;
        let mut process = spawn(instance.command(&program)?.current_dir(instance.data()).arg(&settings))?;
        wait_until_ready(&mut process, &instance)?;
        Ok(Self { address: Address::of_socket(&instance.directory, PORT, ADMIN), instance, process })
    }

    /// The connection string of the database `name` through the pooler: for code under test that wants a string.
    ///
    /// The name `pgbouncer` is the pooler's own console, which takes commands such as `PAUSE` by the simple query
    /// protocol.
    pub fn url(&self, name: &str) -> String {
        self.address.with_database(name).url
    }

    /// [`url`](Self::url) as a value.
    pub fn config(&self, name: &str) -> Config {
        self.address.with_database(name).config
    }

    /// Connects to the database `name` through the pooler. The connection's task runs on the caller's tokio runtime.
    ///
    /// # Errors
    ///
    /// If the pooler does not answer, or does not reach the server or the database.
    pub async fn connect(&self, name: &str) -> Result<Client, ServerError> {
        self.address.with_database(name).connect().await
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        // TERM stops it at once, even with open clients. If this fails, the guard does it again.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
        self.instance.remove();
    }
}

/// The port is only a part of the socket's file name.
const PORT: u16 = 6432;
const ADMIN: &str = "pgbouncer";

/// PgBouncer's connection string for every database of the server.
fn target(server: &Config) -> Result<String, ServerError> {
    let host = match server.get_hosts().first() {
        Some(Host::Unix(directory)) => directory.display().to_string(),
        Some(Host::Tcp(name)) => name.clone(),
        None => return Err(ServerError::unusable("the server's address names no host for PgBouncer")),
    };
    let port = server.get_ports().first().copied().unwrap_or(5432);
    let user = server.get_user().unwrap_or(USER);
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut target = format!("host={} port={port} user={}", quoted(&host), quoted(user));
    if let Some(password) = server.get_password() {
        target += &format!(" password={}", quoted(&String::from_utf8_lossy(password)));
    }
    Ok(target)
}

/// The settings file. `auth_type = any` maps every client to the role of the target.
fn configuration(target: &str, directory: &Path, pool: NonZeroU32) -> String {
    format!(
        "[databases]
* = {target}
[pgbouncer]
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 500
listen_addr =
listen_port = {PORT}
unix_socket_dir = {}
auth_type = any
admin_users = {USER}
ignore_startup_parameters = extra_float_digits
",
        directory.display()
    )
}

/// Waits until the pooler takes connections.
fn wait_until_ready(process: &mut Child, instance: &Instance) -> Result<(), ServerError> {
    let socket = instance.directory.join(format!(".s.PGSQL.{PORT}"));
    let deadline = Instant::now() + START_MAX;
    // PgBouncer writes no file that says it is ready: its socket is the sign.
    while UnixStream::connect(&socket).is_err() {
        let ended =
            process.try_wait().map_err(|error| ServerError::system("cannot wait for pgbouncer", error))?;
        if ended.is_some() || Instant::now() > deadline {
            return Err(instance.failed("pgbouncer does not start"));
        }
        thread::sleep(READY_PAUSE);
    }
    Ok(())
}

const READY_PAUSE: Duration = Duration::from_millis(5);
const START_MAX: Duration = Duration::from_secs(30);
