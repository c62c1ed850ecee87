//! The server that tests share.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use migrate::testing::Server;

use crate::testing::place::Place;
use crate::testing::process::{said, say_and_hold, succeeds};

#[tokio::test]
async fn the_shared_server_answers() {
    let server = Server::shared().unwrap();
    let version = server.version_num().await.unwrap();
    assert!(version >= 140_000, "{version}");
    say_and_hold(server.url());
}

#[test]
fn threads_share_one_server() {
    let threads: Vec<_> =
        (0..8).map(|_| thread::spawn(|| Server::shared().unwrap().url().to_owned())).collect();
    let urls: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
}

#[test]
fn processes_share_one_server_from_a_cold_start() {
    let place = Place::new();
    let processes: Vec<_> = (0..8).map(|_| place.spawn("shared::the_shared_server_answers")).collect();
    let urls: Vec<_> = processes.into_iter().map(said).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
    assert_eq!(place.instances().len(), 1);
    place.becomes_empty();
}

#[test]
fn a_named_server_is_used() {
    let url = Server::shared().unwrap().url().to_owned();
    let place = Place::new();
    let mut test = place.command("shared::the_shared_server_answers");
    assert_eq!(said(test.env("MIGRATE_TEST_PG_URL", &url).spawn().unwrap()), url);
    let mut test = place.command("databases::two_databases_are_isolated");
    succeeds(test.env("MIGRATE_TEST_PG_URL", &url));
    assert_eq!(place.instances(), Vec::<PathBuf>::new());
}

/// An upgrade may come while tests run, and those that start behind it are for the new server.
#[tokio::test]
async fn programs_that_were_upgraded_are_another_server() {
    let query = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
    let client = Server::shared().unwrap().connect().await.unwrap();
    let installed: String = client.query_one(query, &[]).await.unwrap().get(0);
    let place = Place::new();
    let programs = place.path().join("programs");
    fs::create_dir(&programs).unwrap();
    fs::set_permissions(&programs, Permissions::from_mode(0o755)).unwrap();
    let install = |name: &str, remark: &str| {
        let (path, real) = (programs.join(name), Path::new(&installed).join(name));
        fs::write(&path, format!("#!/bin/sh\n# {remark}\nexec {} \"$@\"\n", real.display())).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    };
    let url = || {
        let mut test = place.command("shared::the_shared_server_answers");
        said(test.env("MIGRATE_TEST_PG_BIN", &programs).spawn().unwrap())
    };
    install("initdb", "before");
    install("postgres", "before");
    let before = url();
    assert_eq!(url(), before);
    install("postgres", "and after the upgrade");
    assert_ne!(url(), before);
}
