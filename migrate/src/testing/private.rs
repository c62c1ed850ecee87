use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::base::Base;
use super::cluster::{self, Cluster, Durability};
use super::error::ServerError;
use super::instance::Instance;
use super::server::Server;

/// A throw-away server of its own, for tests of what a crash leaves behind: see [`Server::private`].
///
/// Other than the shared one it keeps what it reported as committed when it is killed. It is gone when the value
/// is dropped, and also when the process that owns it is killed.
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
#[derive(Debug)]
pub struct PrivateServer {
    server: Server,
    cluster: Cluster,
    instance: Instance,
    running: Option<Child>,
}

impl PrivateServer {
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

    /// The process that starts all others of the server; none when it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(Child::id)
    }

    /// Stops the server as in an emergency (`SIGQUIT`): open transactions are lost, and the next start recovers.
    /// Does nothing when it is stopped.
    ///
    /// # Errors
    ///
    /// When the system refuses the signal.
    pub fn stop_immediately(&mut self) -> Result<(), ServerError> {
        self.end(Signal::QUIT)
    }

    /// Kills the server's first process (`SIGKILL`); the others notice and end by themselves.
    /// Does nothing when it is stopped.
    ///
    /// # Errors
    ///
    /// When the system refuses the signal.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.end(Signal::KILL)
    }

    /// Starts the server again on the data it had. Does nothing when it runs.
    ///
    /// # Errors
    ///
    /// When it does not start; the text has the end of the server's log.
    pub fn start(&mut self) -> Result<(), ServerError> {
        if self.running.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            return Ok(());
        }
        // It was stopped, or a test killed it by its number.
        self.running = None;
        self.running = Some(self.cluster.restart(&self.instance)?);
        Ok(())
    }

    fn end(&mut self, signal: Signal) -> Result<(), ServerError> {
        let Some(mut child) = self.running.take() else {
            return Ok(());
        };
        // Until `wait` has been called the process keeps its number, so the signal reaches nobody else.
        let sent = kill_process(Pid::from_child(&child), signal);
        let ended = sent.map_err(Into::into).and_then(|()| child.wait());
        ended.map(drop).map_err(|error| ServerError::system("cannot stop the server", error))
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // What a killed server leaves in the system, and what fails here, is left to the guard.
        if self.running.is_some() && self.stop_immediately().is_ok() {
            self.instance.remove();
        }
    }
}
