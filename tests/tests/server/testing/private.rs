//! A server of a test's own.

use std::thread;
use std::time::Duration;

use migrate::testing::Server;

use crate::testing::place::{Place, directory_of};
use crate::testing::process::{is_child, kill, processes_of, say_and_hold, until};

#[tokio::test]
async fn a_private_server_keeps_what_it_committed_when_it_is_killed() {
    let mut private = Server::private().unwrap();
    let database = private.server().create_database("crash").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute("CREATE TABLE numbers (number int)").await.unwrap();
    for number in 0..6 {
        let client = database.connect().await.unwrap();
        let insert = format!("INSERT INTO numbers VALUES ({number})");
        client.batch_execute(&insert).await.unwrap();
        client.batch_execute(&format!("BEGIN; {insert}")).await.unwrap();
        if number % 2 == 0 { private.kill() } else { private.stop_immediately() }.unwrap();
        assert_eq!(private.pid(), None);
        assert!(database.connect().await.is_err());
        private.start().unwrap();
    }
    let row =
        database.connect().await.unwrap().query_one("SELECT count(*), sum(number) FROM numbers", &[]).await;
    let row = row.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (6, 15));
}

#[tokio::test]
async fn a_private_server_killed_by_its_number_starts_again() {
    let mut private = Server::private().unwrap();
    kill(private.pid().unwrap());
    thread::sleep(Duration::from_millis(100)); // until the kernel has ended it
    private.start().unwrap();
    assert!(private.server().version_num().await.is_ok());
}

#[test]
fn a_private_server_is_gone_when_it_is_dropped() {
    let private = Server::private().unwrap();
    let directory = directory_of(private.server().url());
    assert!(directory.exists());
    drop(private);
    assert!(!directory.exists());
    until(|| processes_of(&directory).is_empty()); // the guard notices a little later
}

#[test]
fn a_private_server_goes_with_its_owner() {
    if is_child() {
        let private = Server::private().unwrap();
        return say_and_hold(private.server().url());
    }
    let place = Place::new();
    let owner = place.hold("private::a_private_server_goes_with_its_owner");
    assert_eq!(place.instances(), [directory_of(&owner.url)]);
    owner.kill();
    place.becomes_empty();
}

#[test]
fn a_private_server_goes_with_its_owner_when_both_are_killed() {
    if is_child() {
        let mut private = Server::private().unwrap();
        let url = private.server().url().to_owned();
        private.kill().unwrap();
        return say_and_hold(&url);
    }
    let place = Place::new();
    place.hold("private::a_private_server_goes_with_its_owner_when_both_are_killed").kill();
    place.becomes_empty();
}
