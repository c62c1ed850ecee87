use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use crate::locate;
use crate::server::{Server, URL};
use crate::step::{Done, Failed, run, works};

/// Installs what the tests need and cannot find: real ones, from the distribution.
pub(crate) fn what_is_missing() -> Done {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    if !may_install() {
        return Err(Failed(how_to(&packages)));
    }
    if packages.contains(&SERVER) {
        leave_out_the_service().map_err(|error| Failed(format!("cannot write {CREATE_CLUSTER}: {error}")))?;
    }
    run("package lists", &mut apt_get(&["update"]))?;
    run("installation", apt_get(&["install", "-y", "--no-install-recommends"]).args(packages))
}

/// Upgrades a server of the distribution to the newest that it has. A machine that cannot do so keeps its own, and the
/// tests say which that is.
pub(crate) fn what_is_newer() -> Done {
    let Some(server) = Server::found().filter(|server| may_install() && server.package().is_some()) else {
        return Ok(());
    };
    if let Err(Failed(why)) = run("package lists", &mut apt_get(&["update"])) {
        println!("{why}: what is newer than the lists of this machine is not known");
    }
    let Some(offer) = server.offer() else { return Ok(()) };
    run("upgrade", apt_get(&["install", "-y", "--only-upgrade"]).args(offer.packages()))
}

fn may_install() -> bool {
    is_root() && works(Command::new("apt-get").arg("--version"))
}

const SERVER: &str = "postgresql";
const BOUNCER: &str = "pgbouncer";

fn missing() -> Vec<&'static str> {
    // Who names a server wants that one, not another.
    let server = env::var_os(URL).is_some() || locate::server_programs().is_ok();
    let found = [(SERVER, server), (BOUNCER, locate::bouncer().is_ok())];
    found.into_iter().filter(|(_, found)| !found).map(|(package, _)| package).collect()
}

fn is_root() -> bool {
    our_user().is_ok_and(|user| user == 0)
}

/// The number of the user that we run as.
pub(crate) fn our_user() -> Result<u32, Failed> {
    let process = fs::metadata("/proc/self");
    process
        .map(|process| process.uid())
        .map_err(|error| Failed(format!("cannot look at /proc/self: {error}")))
}

fn how_to(packages: &[&str]) -> String {
    format!(
        "The tests need a real PostgreSQL and PgBouncer; here is no {}. As root on Debian this command installs them.
Otherwise do it yourself, then run this again:
  apt-get install {}                    (no service needs to run)
A server elsewhere: MIGRATE_TEST_PG_BIN=DIR (holds initdb and postgres) or MIGRATE_TEST_PG_URL=postgres://…",
        packages.join(" and no "),
        packages.join(" "),
    )
}

const CREATE_CLUSTER: &str = "/etc/postgresql-common/createcluster.conf";

/// The package would make a cluster and start it at each boot; the tests make their own.
fn leave_out_the_service() -> io::Result<()> {
    let path = Path::new(CREATE_CLUSTER);
    if path.exists() {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(path, "create_main_cluster = false\n")
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    command
}
