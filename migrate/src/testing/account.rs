//! The user that throw-away servers run as.
//!
//! What comes in is the user of this process and `/etc/passwd`; what goes out is an [`Account`], such as
//! `Other { uid: 101, gid: 104 }` if tests run as root, and with it directories, files and commands that belong to
//! that account.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use super::error::ServerError;

/// The user that servers run as. PostgreSQL and PgBouncer refuse root, so root's servers run as another user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Account {
    /// The user of this process.
    Ours,
    /// Another user, which only root can start a process as.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// The account that this process can use.
    pub(super) fn choose() -> Result<Self, ServerError> {
        // A server that runs as the user who tests needs no change of owner.
        if !geteuid().is_root() {
            return Ok(Self::Ours);
        }
        let passwd = Path::new("/etc/passwd");
        let users = fs::read_to_string(passwd).map_err(|error| ServerError::file("read", passwd, error))?;
        // A bare user number is not enough: initdb looks up the name of its user.
        let account = ["postgres", "nobody"].iter().find_map(|name| entry(&users, name));
        account.ok_or_else(|| {
            ServerError::unusable("PostgreSQL refuses to run as root, and no user postgres or nobody exists")
        })
    }

    /// The number of the user.
    pub(super) fn uid(self) -> u32 {
        match self {
            Self::Ours => geteuid().as_raw(),
            Self::Other { uid, .. } => uid,
        }
    }

    /// Creates a directory that only this account can enter.
    pub(super) fn create_directory(self, path: &Path) -> Result<(), ServerError> {
        let created = fs::create_dir(path)
            // After the creation: the mode of `create_dir` is narrowed by the umask, and PostgreSQL refuses a data
            // directory that others may enter.
            .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)))
            .and_then(|()| self.own(path));
        created.map_err(|error| ServerError::file("create", path, error))
    }

    /// Creates a file that this account can read and write.
    pub(super) fn create_file(self, path: &Path, content: &str) -> Result<(), ServerError> {
        let created = fs::write(path, content).and_then(|()| self.own(path));
        created.map_err(|error| ServerError::file("create", path, error))
    }

    /// Gives the file to the account.
    fn own(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }

    /// A command that runs as this account and shares nothing with this process.
    ///
    /// No variable of this process reaches it: with root's HOME a server fails on files that it may not read there,
    /// and a `PG…` variable would change what is tested. A process group of its own keeps Ctrl-C away from it.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("HOME", "/nonexistent").env("PATH", PATH);
        // The root directory exists for every account, and keeps no file system busy.
        command.current_dir("/").stdin(Stdio::null()).process_group(0);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// The usual directories of programs, for `sh` and `flock`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The account of this name in `/etc/passwd`.
fn entry(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (found, _password) = (fields.next()?, fields.next()?);
        let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (found == name).then_some(Account::Other { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_its_whole_name() {
        let passwd =
            "root:x:0:0::/:/bin/sh\npostgres2:x:9:9::/:/bin/sh\npostgres:x:101:104:a,b:/var:/bin/sh\n";
        assert_eq!(entry(passwd, "postgres"), Some(Account::Other { uid: 101, gid: 104 }));
        assert_eq!(entry(passwd, "nobody"), None);
        assert_eq!(entry("postgres", "postgres"), None);
    }
}
