//! Connections to a server's maintenance database, from which test databases are created and dropped.
//!
//! What comes in is an address; what goes out is a connection that outlives the test, from a small list of idle ones.
//! It is driven by hand and not by a task, since a test's process may end as soon as its `DROP DATABASE` has been
//! sent.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, NoTls, Socket};

use super::address::Address;
use super::error::ServerError;

/// A connection to a server's maintenance database.
///
/// It outlives the test that opened it: to connect for each database would make a test's preparation half as long
/// again. So it belongs to the [`background`], as does all work with it.
pub(super) struct Maintenance {
    url: String,
    client: Client,
    /// Driven by hand, to know when a statement has left this process.
    connection: Connection<Socket, NoTlsStream>,
}

/// The connections that no test uses at the moment.
static IDLE: Mutex<Vec<Maintenance>> = Mutex::new(Vec::new());

/// More are opened if more tests begin at once, and closed afterwards.
const IDLE_MAX: usize = 4;

impl Maintenance {
    /// An idle connection, or a new one.
    pub(super) async fn of(server: &Address) -> Result<Self, ServerError> {
        while let Some(mut idle) = take_idle(&server.url) {
            // The server may have been stopped and started again.
            if idle.is_open().await {
                return Ok(idle);
            }
        }
        let connected = server.config.connect(NoTls).await;
        let (client, connection) =
            connected.map_err(|error| ServerError::sql(format!("cannot connect to {server}"), error))?;
        Ok(Self { url: server.url.clone(), client, connection })
    }

    /// Returns the connection to the list.
    pub(super) fn rest(self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        // A closed one would be found out at its next use, and cost a round of asking.
        if idle.len() < IDLE_MAX && !self.client.is_closed() {
            idle.push(self);
        }
    }

    /// Whether the server's version is at least this one.
    pub(super) fn is_at_least(&self, major: u32) -> bool {
        let version = self.connection.parameter("server_version").unwrap_or_default();
        let digits = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().is_ok_and(|found: u32| found >= major)
    }

    /// Runs statements without rows.
    pub(super) async fn execute(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.drive(async |client| client.batch_execute(sql).await, || ()).await
    }

    /// The rows of a query, as texts.
    pub(super) async fn rows(
        &mut self,
        sql: &str,
    ) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
        let messages = self.drive(async |client| client.simple_query(sql).await, || ()).await?;
        let rows = messages.into_iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Runs a statement, and calls `sent` once it has left this process: the server will execute it even if the
    /// process ends then. It would not execute a second one, because no one would read the answer to the first.
    pub(super) async fn execute_telling(
        &mut self,
        sql: &str,
        sent: impl FnOnce(),
    ) -> Result<(), tokio_postgres::Error> {
        self.drive(async |client| client.batch_execute(sql).await, sent).await
    }

    /// Drives the connection until the work is done.
    async fn drive<T>(&mut self, work: impl AsyncFnOnce(&Client) -> T, sent: impl FnOnce()) -> T {
        let Self { client, connection, .. } = self;
        let mut work = pin!(work(client));
        let mut sent = Some(sent);
        poll_fn(|context| {
            // The first poll hands the statements to the connection, whose own poll then writes them.
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            // Notices are dropped. The client learns of the end of the connection.
            while let Poll::Ready(Some(Ok(_))) = connection.poll_message(context) {}
            if let Some(sent) = sent.take() {
                sent();
            }
            work.as_mut().poll(context)
        })
        .await
    }

    /// Whether the connection still works, as far as this side has heard.
    async fn is_open(&mut self) -> bool {
        poll_fn(|context| {
            while let Poll::Ready(message) = self.connection.poll_message(context) {
                if !matches!(message, Some(Ok(_))) {
                    return Poll::Ready(false);
                }
            }
            Poll::Ready(true)
        })
        .await
    }
}

/// An idle connection to this server.
fn take_idle(url: &str) -> Option<Maintenance> {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let found = idle.iter().position(|one| one.url == url)?;
    Some(idle.swap_remove(found))
}

/// The runtime of a thread that runs until the process ends. A test's own runtime ends with the test.
pub(super) fn background() -> Result<Handle, ServerError> {
    static BACKGROUND: Mutex<Option<Handle>> = Mutex::new(None);
    let mut background = BACKGROUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*background {
        return Ok(handle.clone());
    }
    let doing = "cannot start the thread that creates and drops test databases";
    let failed = |error| ServerError::system(doing, error);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let thread = thread::Builder::new().name("migrate-testing".to_owned());
    thread.spawn(move || runtime.block_on(pending::<()>())).map_err(failed)?;
    *background = Some(handle.clone());
    Ok(handle)
}
