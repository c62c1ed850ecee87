//! Other processes: tests of this binary, and whoever is at work in a directory.

use std::env;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::testing::place::entries;

const CHILD: &str = "MIGRATE_TESTS_CHILD";

pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// A test of this module, to run in a process of its own. It has the name of its file before its own.
pub(crate) fn command(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([&format!("testing::{test}"), "--exact", "--nocapture"]).env(CHILD, "yes");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A name that no test has would run nothing, and that is a success, too.
pub(crate) fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let text = text(&output);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// In a child: tells the parent a connection string, and ends only when the parent lets it.
pub(crate) fn say_and_hold(url: &str) {
    if is_child() {
        println!("\nurl={url}");
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
    }
}

/// What a child said that ran to its end.
pub(crate) fn said(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let text = text(&output);
    text.lines().find_map(|line| line.strip_prefix("url=")).unwrap().to_owned()
}

pub(crate) fn until(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "it did not happen within a minute");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn kill(pid: u32) {
    let status = Command::new("sh").args(["-c", "kill -s KILL \"$1\"", "sh", &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// The processes that have a file in `directory` open, or are at work in it.
pub(crate) fn processes_of(directory: &Path) -> Vec<u32> {
    processes(|process| {
        let links = entries(&process.join("fd")).into_iter().chain([process.join("cwd")]);
        links.filter_map(|link| fs::read_link(link).ok()).any(|target| target.starts_with(directory))
    })
}

/// Whether a server is at work there.
pub(crate) fn is_served(directory: &Path) -> bool {
    let data = directory.join("data");
    !processes(|process| fs::read_link(process.join("cwd")).is_ok_and(|to| to == data)).is_empty()
}

/// The guard holds its lock open; the programs it runs do not.
pub(crate) fn guard_of(directory: &Path) -> Option<u32> {
    let lock = directory.join("guard");
    let guards = processes(|process| {
        entries(&process.join("fd")).iter().any(|fd| fs::read_link(fd).is_ok_and(|to| to == lock))
    });
    guards.first().copied()
}

fn processes(fits: impl Fn(&Path) -> bool) -> Vec<u32> {
    let fitting = entries(Path::new("/proc")).into_iter().filter(|process| fits(process));
    fitting.filter_map(|process| process.file_name()?.to_str()?.parse().ok()).collect()
}
