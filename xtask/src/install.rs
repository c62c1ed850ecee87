//! Installs and upgrades PostgreSQL and PgBouncer from the distribution.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use crate::locate;
use crate::server::{Server, URL};
use crate::step::{Done, Failed, run, works};

/// Installs the programs that the tests need and cannot find, from the distribution.
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

/// Upgrades a server of the distribution to its newest version. If the machine cannot do that, it keeps its server, and the
/// tests print its version.
pub(crate) fn what_is_newer() -> Done {
    let Some(server) = Server::found().filter(|server| may_install() && server.package().is_some()) else {
        return Ok(());
    };
    if let Err(Failed(why)) = run("package lists", &mut apt_get(&["update"])) {
        println!("{why}: a version newer than the lists of this machine would not be found");
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
    // If a server is named, the tests must use it, and not another one.
    let server = env::var_os(URL).is_some() || locate::server_programs().is_ok();
    let found = [(SERVER, server), (BOUNCER, locate::bouncer().is_ok())];
    found.into_iter().filter(|(_, found)| !found).map(|(package, _)| package).collect()
}

fn is_root() -> bool {
    our_user().is_ok_and(|user| user == 0)
}

/// The id of the user that runs this program.
pub(crate) fn our_user() -> Result<u32, Failed> {
    let process = fs::metadata("/proc/self");
    process
        .map(|process| process.uid())
        .map_err(|error| Failed(format!("cannot look at /proc/self: {error}")))
}

fn how_to(packages: &[&str]) -> String {
    format!(
        "The tests need a real PostgreSQL and PgBouncer; this machine has no {}. As root on Debian this command installs them.
Otherwise install them yourself, then run this again:
  apt-get install {}                    (no service needs to run)
To use another server: MIGRATE_TEST_PG_BIN=DIR (holds initdb and postgres) or MIGRATE_TEST_PG_URL=postgres://…",
        packages.join(" and no "),
        packages.join(" "),
    )
}

const CREATE_CLUSTER: &str = "/etc/postgresql-common/createcluster.conf";

/// Stops the package from creating a cluster and starting it at each boot. The tests create their own.
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
