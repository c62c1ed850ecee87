use std::ffi::OsStr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::folder::Folder;

/// A runner in a process of its own.
pub(crate) struct Runner(Child);

/// How a runner ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) output: String,
    pub(crate) error: String,
}

/// The longest that a runner may take before the test fails: it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

impl Runner {
    pub(crate) fn start(
        via: &str,
        address: impl AsRef<OsStr>,
        folder: &Folder,
        arguments: &[&str],
    ) -> Runner {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.arg(via).arg(address).arg(folder.path()).args(arguments).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Runner(command.spawn().unwrap())
    }

    pub(crate) fn migrate(via: &str, address: impl AsRef<OsStr>, folder: &Folder) -> Runner {
        Runner::start(via, address, folder, &["migrate"])
    }

    /// Lets runners go that wait for the end of their input.
    pub(crate) fn go(&mut self) {
        self.0.stdin = None;
    }

    /// SIGKILL: the process does nothing any more. It may have ended before.
    pub(crate) async fn kill(mut self) -> ExitStatus {
        self.0.kill().await.unwrap();
        self.0.wait().await.unwrap()
    }

    pub(crate) async fn end(self) -> Ended {
        let output = timeout(PATIENCE, self.0.wait_with_output()).await.expect("a runner hangs").unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { success: output.status.success(), output: text(output.stdout), error: text(output.stderr) }
    }

    pub(crate) async fn succeeds(self) -> String {
        let ended = self.end().await;
        assert!(ended.success, "{}\n{}", ended.output, ended.error);
        ended.output
    }
}
