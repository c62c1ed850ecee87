//! Where throw-away data is.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::testing::process::{command, processes_of, until};

pub(crate) const IDLE: Duration = Duration::from_secs(1);

/// A directory of its own for throw-away data, so that a test may kill whatever is in it.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn command(&self, test: &str) -> Command {
        let mut command = command(test);
        command.env("MIGRATE_TEST_TMP", self.directory.path()).env_remove("MIGRATE_TEST_PG_URL");
        command.env("MIGRATE_TEST_PG_IDLE", IDLE.as_secs().to_string());
        command
    }

    pub(crate) fn spawn(&self, test: &str) -> Child {
        self.command(test).spawn().unwrap()
    }

    pub(crate) fn hold(&self, test: &str) -> Holder {
        let mut child = self.command(test).stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.strip_prefix("url=").map(str::to_owned));
        Holder { child, url: url.expect("the child says where its server is") }
    }

    pub(crate) fn instances(&self) -> Vec<PathBuf> {
        let bases = entries(self.directory.path());
        bases.iter().flat_map(|base| entries(base)).filter(|path| path.is_dir()).collect()
    }

    pub(crate) fn becomes_empty(&self) {
        until(|| self.instances().is_empty() && processes_of(self.directory.path()).is_empty());
    }
}

/// A child that holds what it said.
pub(crate) struct Holder {
    child: Child,
    pub(crate) url: String,
}

impl Holder {
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) fn entries(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

pub(crate) fn directory_of(url: &str) -> PathBuf {
    let config: tokio_postgres::Config = url.parse().unwrap();
    match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Unix(directory) => directory.clone(),
        host @ tokio_postgres::config::Host::Tcp(_) => panic!("{host:?} is no socket"),
    }
}
