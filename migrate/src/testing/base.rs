//! The directory in which all test processes of a user keep their servers.
//!
//! What comes in is the environment; what goes out is a [`Base`], such as `/dev/shm/migrate-test-1-1000`, with a
//! directory in it for each server, and a lock that only one process holds while it adds one.

use std::env;
use std::fs::{self, File};
use std::io::ErrorKind::{AlreadyExists, DirectoryNotEmpty};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::statvfs;
use rustix::process::geteuid;

use super::account::Account;
use super::error::ServerError;
use super::instance;

/// The directory in which all test processes of one user keep their instances.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) directory: PathBuf,
    pub(super) account: Account,
}

/// While it exists, no other process adds an instance.
#[derive(Debug)]
pub(super) struct BaseLock(#[expect(dead_code, reason = "held for the lock on it")] File);

impl Base {
    /// Finds the directory, or creates it.
    pub(super) fn open() -> Result<Self, ServerError> {
        let account = Account::choose()?;
        // The number changes with the layout inside, so that two releases of this crate never share a directory.
        let directory = place().join(format!("migrate-test-1-{}", geteuid().as_raw()));
        if !directory.exists() {
            create_or_meet(account, &directory)?;
        }
        refuse_a_strangers(&directory, account)?;
        Ok(Self { directory, account })
    }

    /// Waits for the lock, and makes sure that every instance that was left has a guard that will remove it.
    pub(super) fn lock(&self) -> Result<BaseLock, ServerError> {
        let path = self.directory.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        let lock = locked.map_err(|error| ServerError::file("lock", &path, error))?;
        for directory in self.instances() {
            instance::guard_again(&directory, self.account);
        }
        Ok(BaseLock(lock))
    }

    /// The directories of the instances.
    pub(super) fn instances(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }
}

/// A name that no other process or thread of this machine uses at the same time.
pub(super) fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A RAM disk if there is one with room: it makes databases several times faster.
fn place() -> PathBuf {
    let ram = Path::new("/dev/shm");
    match env::var_os("MIGRATE_TEST_TMP") {
        Some(directory) => PathBuf::from(directory),
        // Less is soon full: each database takes about 8 MiB, and so do a few segments of the log.
        None if free_bytes(ram) >= 1 << 30 => ram.to_path_buf(),
        None => env::temp_dir(),
    }
}

/// The free space at this place.
fn free_bytes(directory: &Path) -> u64 {
    statvfs(directory).map_or(0, |space| space.f_bavail.saturating_mul(space.f_frsize))
}

/// Creates the directory. Two processes may do this at the same time.
fn create_or_meet(account: Account, directory: &Path) -> Result<(), ServerError> {
    // It is created under another name first, so that no process finds it before it has its owner.
    let draft = directory.with_extension(unique());
    account.create_directory(&draft)?;
    match fs::rename(&draft, directory) {
        Ok(()) => Ok(()),
        // The other process was first, and its directory is as good.
        Err(error) if matches!(error.kind(), DirectoryNotEmpty | AlreadyExists) => {
            fs::remove_dir(&draft).map_err(|error| ServerError::file("remove", &draft, error))
        }
        Err(error) => Err(ServerError::file("create", directory, error)),
    }
}

/// Every user can write at this place, so another one may have made the directory, to read or change what is in it.
fn refuse_a_strangers(directory: &Path, account: Account) -> Result<(), ServerError> {
    let found =
        fs::symlink_metadata(directory).map_err(|error| ServerError::file("look at", directory, error))?;
    let ours = found.is_dir() && found.uid() == account.uid() && found.mode() & 0o077 == 0;
    if ours {
        return Ok(());
    }
    Err(ServerError::unusable(format!(
        "{} is not a directory that only user {} can enter; remove it or set MIGRATE_TEST_TMP",
        directory.display(),
        account.uid()
    )))
}
