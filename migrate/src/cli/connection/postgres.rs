//! A PostgreSQL server: an address comes in, and a pool with its own runtime comes out.

use deadpool_postgres::{Pool, Runtime as PoolRuntime};
use tokio::runtime::{Builder, Runtime};

use super::index_build::{self, IndexBuild};
use super::reach::{self, Unreachable};
use super::reached::Reached;
use super::task::Name;
use crate::cli::address::PostgresAddress;
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::database::{Database, Task};
use crate::error::Error;

/// A server, and the runtime on which its connections run.
pub(crate) struct Server {
    runtime: Runtime,
    pool: Pool,
    reached: Reached,
}

impl Server {
    /// Connects to the first server of the address that fits. All further connections go to that server. Its sessions have
    /// `program` as their application name, unless the address sets one.
    pub(super) fn connect(address: &PostgresAddress, program: &str) -> Result<Server, Failure> {
        // One connection runs the migrations, and one watches index builds. The pool does not count the lock's connection.
        const CONNECTIONS: usize = 2;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| refused(&error))?;
        let reaching = reach::reach(address, program);
        let (reached, manager) = runtime.block_on(reaching).map_err(|error| unreachable(address, &error))?;
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(PoolRuntime::Tokio1)
            .create_timeout(address.time_to_connect())
            .build()
            .map_err(|error| refused(&error))?;
        Ok(Server { runtime, pool, reached })
    }

    pub(super) fn one_of_several(&self) -> Option<String> {
        self.reached.is_one_of_several().then(|| self.reached.to_string())
    }

    pub(super) fn name(&mut self) -> Result<String, Failure> {
        Ok(self.perform(Name)?)
    }

    /// The server that was reached.
    pub(crate) fn reached(&self) -> &Reached {
        &self.reached
    }

    pub(super) fn perform<T: Task>(&mut self, task: T) -> Result<T::Answer, Error> {
        self.runtime.block_on((&self.pool).perform(task))
    }

    /// Does it, and meanwhile shows the progress of index builds.
    pub(super) fn perform_shown<T: Task>(
        &mut self,
        task: T,
        progress: &Progress,
    ) -> Result<T::Answer, Error> {
        self.runtime.block_on(async {
            tokio::select! {
                done = (&self.pool).perform(task) => done,
                never = index_build::watch(&self.pool, |build: &IndexBuild| progress.index_build(build)) => never,
            }
        })
    }
}

fn unreachable(address: &PostgresAddress, error: &Unreachable) -> Failure {
    const INVALID_CATALOG_NAME: &str = "3D000";
    const INVALID_PASSWORD: [&str; 2] = ["28P01", "28000"];
    let name = address.database();
    let help = match error.code() {
        Some(INVALID_CATALOG_NAME) => {
            format!("create it: `createdb {name}`, or `CREATE DATABASE \"{name}\"`")
        }
        Some(code) if INVALID_PASSWORD.contains(&code) => address.password_help(),
        // The driver reports a missing password without a code.
        None if error.to_string().contains("password missing") => address.password_help(),
        _ => match error.help() {
            Some(help) => help.to_owned(),
            None => "check that the server runs, and that the address is right".to_owned(),
        },
    };
    Failure::new(error.kind(), format!("cannot connect to {address}: {error}")).help(help)
}

fn refused(error: &dyn std::error::Error) -> Failure {
    Failure::new("connection", format!("cannot set up the connection: {error}"))
}
