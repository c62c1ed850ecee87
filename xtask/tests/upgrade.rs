//! Upgrades of a PostgreSQL that is older than the one that the distribution offers. Scripts play the programs of the
//! distribution, because a test must not change the machine.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

/// A machine with PostgreSQL 15.18, whose distribution offers another version.
struct Machine {
    directory: PathBuf,
}

impl Machine {
    fn new(name: &str, offered: &str) -> Machine {
        let directory = env::temp_dir().join(format!("xtask-{name}-{}", process::id()));
        fs::create_dir(&directory).unwrap();
        let machine = Machine { directory };
        machine.program("initdb", "");
        machine.program("pgbouncer", "");
        machine.program("postgres", "echo 'postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'");
        machine.program(
            "dpkg",
            "case $1 in -S) echo \"postgresql-15: $2\";; --compare-versions) [ \"$2\" != \"$4\" ];; esac",
        );
        let policy =
            format!("echo \"$2:\n  Installed: 15.18-0+deb12u1\n  Candidate: {offered}\n  Version table:\"");
        machine.program("apt-cache", &policy);
        let calls = machine.calls();
        machine.program("apt-get", &format!("[ $1 = --version ] || echo \"$@\" >> {}", calls.display()));
        machine
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.directory.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    fn calls(&self) -> PathBuf {
        self.directory.join("calls")
    }

    /// The output of a verb if cargo only prints the kind of server that it is to expect, and exits with this code.
    fn xtask(&self, verb: &str, cargo_exits: u8) -> String {
        self.program("cargo", &format!("echo \"stamps=$MIGRATE_TEST_PG_STAMPS\"; exit {cargo_exits}"));
        let path = env::join_paths([self.directory.as_path(), Path::new("/usr/bin"), Path::new("/bin")]);
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask.arg(verb).env("PATH", path.unwrap()).env("CARGO", self.directory.join("cargo"));
        xtask.env("MIGRATE_TEST_PG_BIN", &self.directory).env_remove("MIGRATE_TEST_PG_URL");
        let output = xtask.output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        assert_eq!(output.status.success(), cargo_exits == 0, "{text}");
        text
    }

    /// The arguments of the calls of apt-get.
    fn installed(&self) -> String {
        fs::read_to_string(self.calls()).unwrap_or_default()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.directory).unwrap();
    }
}

const OFFER: &str = "a newer one is offered, 15.20-0+deb12u1; as root: apt-get install --only-upgrade postgresql-15 \
                     postgresql-client-15";

#[test]
fn test_leaves_the_machine_as_it_is_and_says_what_is_offered() {
    let machine = Machine::new("test", "15.20-0+deb12u1");
    for exits in [0, 1] {
        let said = machine.xtask("test", exits);
        assert!(said.contains("\ntested on PostgreSQL 15.18 (Debian 15.18-0+deb12u1) in "), "{said}");
        assert!(said.contains(OFFER) && said.contains("stamps=no"), "{said}");
    }
    assert_eq!(machine.installed(), "");
    let newest = Machine::new("newest", "15.18-0+deb12u1");
    let said = newest.xtask("test", 0);
    assert!(said.contains("\ntested on PostgreSQL 15.18") && !said.contains("offered"), "{said}");
    // Without apt, no upgrade is offered.
    newest.program("apt-cache", "exit 127");
    assert!(!newest.xtask("test", 0).contains("offered"));
}

#[test]
fn ci_upgrades_what_it_may() {
    let machine = Machine::new("ci", "15.20-0+deb12u1");
    machine.xtask("ci", 1);
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let upgrade = "update\ninstall -y --only-upgrade postgresql-15 postgresql-client-15\n";
    assert_eq!(machine.installed(), if is_root { upgrade } else { "" });
    // Nothing newer, nothing to do.
    let newest = Machine::new("ci-newest", "15.18-0+deb12u1");
    newest.xtask("ci", 1);
    assert_eq!(newest.installed(), if is_root { "update\n" } else { "" });
}

#[test]
fn an_argument_that_is_unknown_is_not_ignored() {
    let machine = Machine::new("arguments", "15.18-0+deb12u1");
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["test", "--database-url", "postgres://h/x"])
        .env("PATH", &machine.directory)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("`test` has no argument `--database-url`"), "{said}");
    assert!(said.contains("MIGRATE_TEST_PG_URL="), "{said}");
}
