//! The server that tests share.

use std::path::PathBuf;
use std::thread;

use migrate::testing::Server;

use crate::place::Place;
use crate::process::{said, say_and_hold, succeeds};

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
