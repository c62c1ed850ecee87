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

/// What this process uses, until its end: a value that is never dropped needs nobody to count its users.
static OURS: Mutex<Option<Instance>> = Mutex::new(None);

/// The throw-away server that all test processes of this user share.
pub(super) fn server() -> Result<Server, ServerError> {
    // One lock for all threads: who comes while the server starts wants that same server.
    let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    let instance = match ours.take() {
        Some(instance) if cluster::answers(&instance.directory) => instance,
        _ => find_or_start()?,
    };
    instance.keep_guarded();
    let address = cluster::address(&instance.directory);
    *ours = Some(instance);
    Ok(Server { address })
}

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

/// How long the server stays when no test process uses it.
fn idle() -> Result<Duration, ServerError> {
    let Some(text) = env::var_os("MIGRATE_TEST_PG_IDLE") else {
        return Ok(IDLE_DEFAULT);
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    let seconds =
        seconds.ok_or_else(|| ServerError::unusable("MIGRATE_TEST_PG_IDLE is not a number of seconds"));
    seconds.map(Duration::from_secs)
}

const IDLE_DEFAULT: Duration = Duration::from_secs(600);

/// Two processes share a server only when both would start the same one: an upgrade puts another in its place.
fn fingerprint(cluster: &Cluster) -> u64 {
    let program = fs::metadata(cluster.programs.join("postgres"));
    let program = program.ok().map(|file| (file.len(), file.modified().ok()));
    let mut hasher = DefaultHasher::new();
    (&cluster.programs, program, cluster.settings()).hash(&mut hasher);
    hasher.finish()
}

fn is_of_kind(directory: &Path, kind: &str) -> bool {
    let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))
}
