//! A PostgreSQL cluster: created, started, and started again.
//!
//! What comes in are the programs and the directory of an instance; what goes out is a running server that takes
//! connections through a socket in that directory. About half a second passes between the two, nearly all of it in
//! `initdb`.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use super::address::{Address, USER};
use super::error::ServerError;
use super::instance::{Instance, spawn};
use super::locate;

/// Whether a transaction that was reported as committed survives if the server is killed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Durability {
    /// It may be lost. Twice as fast.
    Fast,
    /// It survives. No test crashes the machine itself, so even here nothing waits for the disk.
    SurvivesKill,
}

impl Durability {
    /// The setting of the server.
    fn setting(self) -> &'static str {
        match self {
            Self::Fast => "synchronous_commit=off",
            Self::SurvivesKill => "synchronous_commit=on",
        }
    }
}

/// The settings of every server here: no data has to survive a crash of the machine, and nothing may run on its own.
const SETTINGS: [&str; 7] = [
    // In the data directory, and removed with it: a killed server would leave the other kinds in the system.
    "dynamic_shared_memory_type=mmap",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=300",
    "listen_addresses=",
    "timezone=UTC",
];

/// How a server is created and run in an instance's directory.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) programs: PathBuf,
    durability: Durability,
}

impl Cluster {
    /// Finds the programs.
    pub(super) fn locate(durability: Durability) -> Result<Self, ServerError> {
        let programs = locate::server_programs().map_err(ServerError::no_server)?;
        Ok(Self { programs, durability })
    }

    /// All settings of the server.
    pub(super) fn settings(&self) -> Vec<&'static str> {
        SETTINGS.into_iter().chain([self.durability.setting()]).collect()
    }

    /// Creates the data and starts the server.
    pub(super) fn create(&self, instance: &Instance) -> Result<Child, ServerError> {
        self.init(instance)?;
        self.start(instance)
    }

    /// Creates the data.
    fn init(&self, instance: &Instance) -> Result<(), ServerError> {
        let mut command = self.command("initdb", instance)?;
        command
            // `-N` does not wait for the disk. Only the user of the socket reaches the server, so `trust` is enough.
            .args(["-U", USER, "-A", "trust", "-N", "-E", "UTF8", "--locale=C", "-D"])
            .arg(instance.data());
        let status = spawn(&mut command)?.wait();
        let status = status.map_err(|error| ServerError::system("cannot wait for initdb", error))?;
        if status.success() { Ok(()) } else { Err(instance.failed("initdb failed")) }
    }

    /// Starts the server again, on the data of one that was stopped or killed.
    pub(super) fn restart(&self, instance: &Instance) -> Result<Child, ServerError> {
        // For a moment, processes of a killed server still hold its memory, and a new server refuses to start.
        let deadline = Instant::now() + RESTART_MAX;
        loop {
            match self.start(instance) {
                Err(_) if Instant::now() < deadline => thread::sleep(RESTART_PAUSE),
                done => return done,
            }
        }
    }

    /// Starts the server and waits until it takes connections.
    fn start(&self, instance: &Instance) -> Result<Child, ServerError> {
        let mut command = self.command("postgres", instance)?;
        command
            .arg("-D")
            .arg(instance.data())
            .arg("-k")
            .arg(&instance.directory)
            .args(["-p", &PORT.to_string()]);
        for setting in self.settings() {
            command.args(["-c", setting]);
        }
        let mut child = spawn(&mut command)?;
        wait_until_ready(&mut child, instance)?;
        Ok(child)
    }

    /// A program of the server, in the directory of the instance.
    fn command(&self, program: &str, instance: &Instance) -> Result<Command, ServerError> {
        instance.command(&self.programs.join(program))
    }
}

/// The maintenance database of the server in `directory`.
pub(super) fn address(directory: &Path) -> Address {
    Address::of_socket(directory, PORT, "postgres")
}

/// Whether a server takes connections there.
pub(super) fn answers(directory: &Path) -> bool {
    UnixStream::connect(directory.join(format!(".s.PGSQL.{PORT}"))).is_ok()
}

/// The port is only a part of the socket's file name: no server here listens on the network.
const PORT: u16 = 5432;

/// Waits until the server takes connections.
fn wait_until_ready(child: &mut Child, instance: &Instance) -> Result<(), ServerError> {
    let deadline = Instant::now() + START_MAX;
    while !is_ready(child.id(), instance) {
        let ended =
            child.try_wait().map_err(|error| ServerError::system("cannot wait for postgres", error))?;
        if ended.is_some() {
            return Err(instance.failed("the server does not start"));
        }
        if Instant::now() > deadline {
            return Err(instance.failed("the server starts too slowly"));
        }
        thread::sleep(READY_PAUSE);
    }
    Ok(())
}

/// Reads `postmaster.pid`: the process is in its first line, the state in the eighth. A killed server leaves its
/// file.
fn is_ready(pid: u32, instance: &Instance) -> bool {
    let text = fs::read_to_string(instance.data().join("postmaster.pid")).unwrap_or_default();
    // The state is padded with spaces (miscadmin.h of PostgreSQL, LOCK_FILE_LINE_PM_STATUS).
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.first() == Some(&pid.to_string().as_str()) && lines.get(7) == Some(&"ready")
}

const READY_PAUSE: Duration = Duration::from_millis(5);
const RESTART_PAUSE: Duration = Duration::from_millis(100);
const RESTART_MAX: Duration = Duration::from_secs(10);
/// Long enough for a machine with more processes than cores.
const START_MAX: Duration = Duration::from_secs(60);
