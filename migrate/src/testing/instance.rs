//! The directory of one running server or pooler, and the guard that removes it.
//!
//! What comes in is a kind and an idle time; what goes out is a directory, such as `shared-00c3…-4711-0`, that lives
//! as long as a process uses it. A shell process, the guard, waits for the lock that the users hold, then stops the
//! program and removes the directory. So nothing depends on a destructor: a killed test process cleans up as well as
//! any.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::account::Account;
use super::base::{Base, BaseLock, unique};
use super::error::ServerError;

/// The directory of one running server or pooler. This process uses it as long as this value exists.
///
/// It holds `users` (each user has a shared lock on it, the guard waits for an exclusive one), `guard` (the guard's
/// own lock), `idle` (seconds), `log`, `data/`, and the socket.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) directory: PathBuf,
    account: Account,
    _users: File,
}

impl Instance {
    /// A new directory with a guard, for a program that stops `idle` after its last user has gone.
    ///
    /// Its name is never used again, since the guard of an older directory with the same name could still be at work.
    pub(super) fn create(
        base: &Base,
        _lock: &BaseLock,
        kind: &str,
        idle: Duration,
    ) -> Result<Self, ServerError> {
        let directory = base.directory.join(format!("{kind}-{}", unique()));
        // Before anything is created: the server would fail with an error about its socket, far from the cause.
        refuse_long_path(&directory)?;
        base.account.create_directory(&directory)?;
        for (name, content) in
            [("guard", ""), ("users", ""), ("log", ""), ("idle", idle.as_secs().to_string().as_str())]
        {
            base.account.create_file(&directory.join(name), content)?;
        }
        let instance = Self::attach(&directory, base.account)
            .map_err(|error| ServerError::file("use", &directory, error))?;
        guard(&directory, base.account)?;
        base.account.create_directory(&instance.data())?;
        Ok(instance)
    }

    /// Uses a directory that another process made. Waits if its guard is removing it.
    pub(super) fn attach(directory: &Path, account: Account) -> io::Result<Self> {
        let users = File::open(directory.join("users"))?;
        // The kernel releases it when this process ends, however it ends.
        users.lock_shared()?;
        Ok(Self { directory: directory.to_path_buf(), account, _users: users })
    }

    /// The directory in which the program works.
    pub(super) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// A command for a program that runs here. It writes to the log: the guard recognizes by that which processes to
    /// stop.
    pub(super) fn command(&self, program: &Path) -> Result<Command, ServerError> {
        let path = self.directory.join("log");
        let log = File::options().append(true).open(&path);
        let both = log.and_then(|log| log.try_clone().map(|again| (log, again)));
        let (out, err) = both.map_err(|error| ServerError::file("open", &path, error))?;
        let mut command = self.account.command(program);
        command.stdout(out).stderr(err);
        Ok(command)
    }

    /// An error about something that failed here, with the end of the log.
    pub(super) fn failed(&self, what: &str) -> ServerError {
        let log = fs::read(self.directory.join("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<_> = text.lines().collect();
        let end = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n  ");
        ServerError::unusable(format!("{what}; its log ends with\n  {end}"))
    }

    /// Replaces a guard that was killed.
    pub(super) fn keep_guarded(&self) {
        guard_again(&self.directory, self.account);
    }

    /// Removes what is left of an instance whose program has stopped. The guard would do it a little later.
    pub(super) fn remove(&self) {
        // If this fails, the guard tries again.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

const LOG_LINES: usize = 20;

/// Starts a guard if there is none: it may have been killed, or left by a process that was.
pub(super) fn guard_again(directory: &Path, account: Account) {
    // If this fails, the next process tries again.
    let _ = match File::open(directory.join("guard")).map(|file| file.try_lock()) {
        Ok(Ok(())) => guard(directory, account).is_ok(),
        // Its creation or its removal was interrupted there, so nothing can run in it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::remove_dir_all(directory).is_ok(),
        Ok(Err(_)) | Err(_) => true,
    };
}

/// Starts a program. The error says which one could not be started.
pub(super) fn spawn(command: &mut Command) -> Result<Child, ServerError> {
    command.spawn().map_err(|error| {
        let program = Path::new(command.get_program()).display();
        ServerError::system(format!("cannot run {program} (root runs it as postgres or nobody)"), error)
    })
}

/// Starts a guard and waits until it holds its lock.
fn guard(directory: &Path, account: Account) -> Result<(), ServerError> {
    let mut command = account.command(Path::new("/bin/sh"));
    command.args(["-c", include_str!("guard.sh"), "guard.sh"]).arg(directory);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let doing = "cannot start /bin/sh to guard the test server";
    let mut child = command.spawn().map_err(|error| ServerError::system(doing, error))?;
    let mut said = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut said).map_err(|error| ServerError::system(doing, error))?;
    }
    // The guard says so once it holds its lock, so there is no moment without one.
    if said.trim() == "guarded" {
        return Ok(());
    }
    Err(ServerError::unusable(
        "a throw-away server needs the program flock (package util-linux) and /proc; \
         elsewhere name a server in MIGRATE_TEST_PG_URL",
    ))
}

/// The kernel does not shorten the path of a socket: it refuses a longer one.
fn refuse_long_path(directory: &Path) -> Result<(), ServerError> {
    let longest = directory.join(".s.PGSQL.5432.lock");
    if longest.as_os_str().len() <= SOCKET_PATH_MAX {
        return Ok(());
    }
    Err(ServerError::unusable(format!(
        "{} is too long a path for a socket; set MIGRATE_TEST_TMP to a shorter directory",
        directory.display()
    )))
}

/// The bytes of `sun_path` on Linux without the final zero (unix(7)).
const SOCKET_PATH_MAX: usize = 107;
