//! The throw-away server that all test processes of a user share.
//!
//! What comes in is nothing but the environment; what goes out is a running server: found, if another process has
//! started one of the same kind, or started. The kind is a digest of the programs and settings, as in `shared-00c3…`.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::base::Base;
use super::cluster::{self, Cluster, Durability};
use super::error::ServerError;
use super::instance::Instance;
use super::server::Server;

/// The instance of this process, until its end. The value is never dropped, so its users need not be counted.
static OURS: Mutex<Option<Instance>> = Mutex::new(None);

/// The server, found or started.
pub(super) fn server() -> Result<Server, ServerError> {
    // One lock for all threads: a thread that comes while the server starts needs that same server.
    let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    let instance = match ours.take() {
        // It may have been stopped by hand since.
        Some(instance) if cluster::answers(&instance.directory) => instance,
        _ => find_or_start()?,
    };
    instance.keep_guarded();
    let address = cluster::address(&instance.directory);
    *ours = Some(instance);
    Ok(Server { address })
}

/// Finds a server of the same kind, or starts one.
fn find_or_start() -> Result<Instance, ServerError> {
    let cluster = Cluster::locate(Durability::Fast)?;
    let idle = idle()?;
    let base = Base::open()?;
    // It is held while the server starts: other processes wait here, and then find it.
    let lock = base.lock()?;
    let kind = format!("shared-{:016x}", fingerprint(&cluster));
    let running = base.instances().into_iter().filter(|directory| is_of_kind(directory, &kind));
    let attached = running.filter_map(|directory| Instance::attach(&directory, base.account).ok());
    if let Some(instance) = attached.into_iter().find(|instance| cluster::answers(&instance.directory)) {
        return Ok(instance);
    }
    let instance = Instance::create(&base, &lock, &kind, idle)?;
    cluster.create(&instance)?;
    Ok(instance)
}

/// How long the server keeps running when no test process uses it.
fn idle() -> Result<Duration, ServerError> {
    let Some(text) = env::var_os("MIGRATE_TEST_PG_IDLE") else {
        return Ok(IDLE_DEFAULT);
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    let seconds =
        seconds.ok_or_else(|| ServerError::unusable("MIGRATE_TEST_PG_IDLE is not a number of seconds"));
    seconds.map(Duration::from_secs)
}

/// Ten minutes: a pause between two runs of a developer's tests.
const IDLE_DEFAULT: Duration = Duration::from_secs(600);

/// Two processes share a server only if both would start the same one. An upgrade of PostgreSQL makes another kind.
fn fingerprint(cluster: &Cluster) -> u64 {
    let program = fs::metadata(cluster.programs.join("postgres"));
    let program = program.ok().map(|file| (file.len(), file.modified().ok()));
    let mut hasher = DefaultHasher::new();
    (&cluster.programs, program, cluster.settings()).hash(&mut hasher);
    hasher.finish()
}

/// Whether the directory holds an instance of this kind.
fn is_of_kind(directory: &Path, kind: &str) -> bool {
    let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))
}
