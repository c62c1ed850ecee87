//! An application that migrates when it starts, and that a test may kill.
//!
//! `runner <pool|client|sqlite> <address> <folder> <verb> [option=value]…`
//!
//! The verbs are `migrate` and `rollback`, which rolls everything back. It prints its progress and, at the end, the
//! report; when it fails it prints the error and ends with 1.

use std::env;
use std::error::Error;
use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use migrate::{MigrationSet, Migrator, Report};
use rustix::process::{Signal, getpid, kill_process};
use tokio_postgres::{Config, NoTls};

type Failure = Box<dyn Error>;

/// How a test finds the connections of a runner.
const APPLICATION: &str = "runner";

#[derive(Debug, Default)]
struct Options {
    /// Wait for the end of the standard input before starting, so that many start at once.
    waits: bool,
    lock_deadline: Option<Duration>,
    /// SQLite: kill this process when the database has done so many steps.
    steps: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(report) => {
            println!("report:\n{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<Report, Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [via, address, folder, verb, options @ ..] = &arguments[..] else {
        return Err("usage: runner <pool|client|sqlite> <address> <folder> <verb> [option=value]…".into());
    };
    let options = parse(options)?;
    let set = MigrationSet::read(folder)?;
    let mut migrator = Migrator::new(&set).application(APPLICATION);
    migrator = migrator.on_progress(|progress| println!("{progress}"));
    if let Some(deadline) = options.lock_deadline {
        migrator = migrator.lock_deadline(deadline);
    }
    if options.waits {
        std::io::stdin().read_to_end(&mut Vec::new())?;
    }
    match via.as_str() {
        "pool" => {
            let pool = Pool::builder(Manager::new(config(address)?, NoTls)).max_size(2).build()?;
            match verb.as_str() {
                "migrate" => Ok(migrator.migrate(&pool).await?),
                _ => Ok(migrator.rollback(&pool, usize::MAX).await?),
            }
        }
        "client" => {
            let (mut client, connection) = config(address)?.connect(NoTls).await?;
            tokio::spawn(connection);
            match verb.as_str() {
                "migrate" => Ok(migrator.migrate(&mut client).await?),
                _ => Ok(migrator.rollback(&mut client, usize::MAX).await?),
            }
        }
        _ => {
            let mut connection = rusqlite::Connection::open(address)?;
            if let Some(steps) = options.steps {
                die_after(&mut connection, steps)?;
            }
            match verb.as_str() {
                "migrate" => Ok(migrator.migrate(&mut connection)?),
                _ => Ok(migrator.rollback(&mut connection, usize::MAX)?),
            }
        }
    }
}

fn parse(arguments: &[String]) -> Result<Options, Failure> {
    let mut options = Options::default();
    for argument in arguments {
        match argument.split_once('=') {
            Some(("waits", _)) => options.waits = true,
            Some(("lock_deadline_ms", ms)) => {
                options.lock_deadline = Some(Duration::from_millis(ms.parse()?));
            }
            Some(("steps", steps)) => options.steps = Some(steps.parse()?),
            _ => return Err(format!("unknown option {argument}").into()),
        }
    }
    Ok(options)
}

fn config(address: &str) -> Result<Config, Failure> {
    let mut config: Config = address.parse()?;
    config.application_name(APPLICATION);
    Ok(config)
}

/// SQLite calls the handler every so many instructions of its virtual machine, at any point of any statement.
fn die_after(connection: &mut rusqlite::Connection, steps: u64) -> rusqlite::Result<()> {
    const INSTRUCTIONS: i32 = 30;
    let mut left = steps;
    let handler = move || {
        left = left.saturating_sub(1);
        if left == 0 {
            // Nothing of this process runs after it: no destructor, no rollback.
            let _ = kill_process(getpid(), Signal::KILL);
        }
        false
    };
    connection.progress_handler(INSTRUCTIONS, Some(handler))
}
