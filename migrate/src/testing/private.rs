//! A server for one test, to be killed and started again.
//!
//! What comes in is the wish for one; what goes out is a [`PrivateServer`] with its processes, which a test can end
//! with `SIGKILL` to see what a crash leaves behind.

use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::base::Base;
use super::cluster::{self, Cluster, Durability};
use super::error::ServerError;
use super::instance::Instance;
use super::server::Server;

/// A throw-away server for one test, for what a crash leaves: see [`Server::private`].
///
/// Unlike the shared one, it keeps what it reported as committed when it is killed. It is removed when the value is
/// dropped, and also when the process that owns it is killed.
///
/// ```
/// use migrate::testing::Server;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut private = Server::private()?;
/// let database = private.server().create_database("crash").await?;
/// database.connect().await?.batch_execute("CREATE TABLE kept ()").await?;
/// private.kill()?;
/// private.start()?;
/// database.connect().await?.batch_execute("TABLE kept").await?;
/// # Ok(())
/// # }
/// ```
///
/// It costs half a second to start.
#[derive(Debug)]
pub struct PrivateServer {
    server: Server,
    cluster: Cluster,
    instance: Instance,
    running: Option<Child>,
}

impl PrivateServer {
    /// Creates the cluster and starts the server.
    pub(super) fn create() -> Result<Self, ServerError> {
        let cluster = Cluster::locate(Durability::SurvivesKill)?;
        let base = Base::open()?;
        let lock = base.lock()?;
        let instance = Instance::create(&base, &lock, "private", Duration::ZERO)?;
        drop(lock);
        let running = Some(cluster.create(&instance)?);
        let server = Server { address: cluster::address(&instance.directory) };
        Ok(Self { server, cluster, instance, running })
    }

    /// The server, to create databases on.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The process that starts all other processes of the server; `None` if it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(Child::id)
    }

    /// Stops the server without a checkpoint (`SIGQUIT`; PostgreSQL manual, 18.5): open transactions are lost, and
    /// the next start recovers. Does nothing if it is stopped.
    ///
    /// ```
    /// use migrate::testing::Server;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut private = Server::private()?;
    /// let database = private.server().create_database("emergency").await?;
    /// let client = database.connect().await?;
    /// client.batch_execute("CREATE TABLE kept (); BEGIN; CREATE TABLE lost ()").await?;
    /// private.stop_immediately()?;
    /// assert!(private.pid().is_none());
    /// private.start()?;
    /// assert!(database.connect().await?.batch_execute("TABLE lost").await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the system refuses the signal.
    pub fn stop_immediately(&mut self) -> Result<(), ServerError> {
        self.end(Signal::QUIT)
    }

    /// Kills the server's first process (`SIGKILL`). The others notice and end on their own. Does nothing if it is
    /// stopped.
    ///
    /// # Errors
    ///
    /// If the system refuses the signal.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.end(Signal::KILL)
    }

    /// Starts the server again on its data. Does nothing if it runs.
    ///
    /// # Errors
    ///
    /// If it does not start. The text has the end of the server's log.
    pub fn start(&mut self) -> Result<(), ServerError> {
        if self.running.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            return Ok(());
        }
        // It was stopped, or a test killed it by its process number.
        self.running = None;
        self.running = Some(self.cluster.restart(&self.instance)?);
        Ok(())
    }

    /// Sends the signal and waits for the end.
    fn end(&mut self, signal: Signal) -> Result<(), ServerError> {
        let Some(mut child) = self.running.take() else {
            return Ok(());
        };
        // The process keeps its number until `wait` is called, so the signal cannot reach another process.
        let sent = kill_process(Pid::from_child(&child), signal);
        let ended = sent.map_err(Into::into).and_then(|()| child.wait());
        ended.map(drop).map_err(|error| ServerError::system("cannot stop the server", error))
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // The guard removes what a killed server leaves in the system, and what fails here.
        if self.running.is_some() && self.stop_immediately().is_ok() {
            self.instance.remove();
        }
    }
}
