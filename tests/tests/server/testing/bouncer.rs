//! PgBouncer before a server.

use migrate::testing::{Bouncer, Server};
use tokio_postgres::SimpleQueryMessage;

use crate::testing::place::{Place, directory_of};
use crate::testing::process::{is_child, is_served, processes_of, say_and_hold, until};

#[tokio::test]
async fn the_bouncer_answers_and_its_clients_share_one_connection() {
    let server = Server::shared().unwrap();
    let database = server.create_database("pooled").await.unwrap();
    let bouncer = Bouncer::start(&server).unwrap();
    let mut pids = Vec::new();
    let clients =
        [bouncer.connect(database.name()).await.unwrap(), bouncer.connect(database.name()).await.unwrap()];
    for client in &clients {
        pids.push(first_column(client, "SELECT pg_backend_pid()").await);
    }
    assert_eq!(pids[0], pids[1]);
    let by_url: tokio_postgres::Config = bouncer.url(database.name()).parse().unwrap();
    assert_eq!(by_url, bouncer.config(database.name()));
}

#[tokio::test]
async fn a_bouncer_with_a_larger_pool_has_more_connections() {
    let server = Server::shared().unwrap();
    let database = server.create_database("pooled").await.unwrap();
    let bouncer = Bouncer::start_with_pool(&server, 2.try_into().unwrap()).unwrap();
    let one = bouncer.connect(database.name()).await.unwrap();
    let two = bouncer.connect(database.name()).await.unwrap();
    one.batch_execute("BEGIN").await.unwrap();
    two.batch_execute("BEGIN").await.unwrap();
    let query = "SELECT pg_backend_pid()";
    assert_ne!(first_column(&one, query).await, first_column(&two, query).await);
}

#[tokio::test]
async fn the_bouncer_has_a_console() {
    let bouncer = Bouncer::start(&Server::shared().unwrap()).unwrap();
    let console = bouncer.connect("pgbouncer").await.unwrap();
    assert!(first_column(&console, "SHOW VERSION").await.starts_with("PgBouncer"));
}

#[test]
fn the_bouncer_is_gone_when_it_is_dropped() {
    let bouncer = Bouncer::start(&Server::shared().unwrap()).unwrap();
    let directory = directory_of(&bouncer.url("x"));
    assert!(directory.exists());
    drop(bouncer);
    assert!(!directory.exists());
    until(|| processes_of(&directory).is_empty()); // the guard notices a little later
}

#[test]
fn the_bouncer_goes_with_its_owner() {
    if is_child() {
        let bouncer = Bouncer::start(&Server::shared().unwrap()).unwrap();
        return say_and_hold(&bouncer.url("x"));
    }
    let place = Place::new();
    let owner = place.hold("bouncer::the_bouncer_goes_with_its_owner");
    assert_eq!(place.instances().len(), 2);
    assert!(is_served(&directory_of(&owner.url)));
    owner.kill();
    place.becomes_empty();
}

/// Not `query`: named statements break behind a pooler of this age.
async fn first_column(client: &tokio_postgres::Client, query: &str) -> String {
    let messages = client.simple_query(query).await.unwrap();
    let row = messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.unwrap().get(0).unwrap().to_owned()
}
