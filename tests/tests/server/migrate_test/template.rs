//! The databases that those of the tests are copied from.

use migrate::testing::Server;
use tokio_postgres::Client;

use crate::migrate_test::process::{Processes, databases_become, text, until};
use crate::migrate_test::{count, sets};

#[migrate::test(sets::ONCE)]
async fn a_set_that_works_once_on_a_server(client: Client) {
    let roles = client.query("SELECT FROM pg_roles WHERE rolname = 'mt_made_once'", &[]).await.unwrap();
    assert_eq!(roles.len(), 1);
}

#[migrate::test(sets::ONCE)]
async fn a_set_that_works_once_on_a_server_again(client: Client) {
    client.batch_execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn a_template_is_made_once_for_all_processes_and_tests() {
    let private = Server::private().unwrap();
    let children: Vec<_> = (0..6)
        .map(|_| {
            Processes::on(&private)
                .command("template::a_set_that_works_once")
                .arg("--test-threads=2")
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("2 passed"), "{}", text(&output));
    }
    let client = private.server().connect().await.unwrap();
    let flags =
        "SELECT datname::text, datallowconn, datistemplate FROM pg_database WHERE datname LIKE 'mt\\_t\\_%'";
    let templates = client.query(flags, &[]).await.unwrap();
    assert_eq!(templates.len(), 1);
    assert_eq!((templates[0].get::<_, bool>(1), templates[0].get::<_, bool>(2)), (false, true));
    databases_become(&client, &[templates[0].get(0)]).await;
}

#[migrate::test(sets::SLOW)]
#[ignore = "run by others"]
async fn a_set_that_takes_its_time(client: Client) {
    assert_eq!(count(&client).await, 0);
}

#[tokio::test]
async fn a_killed_builder_leaves_no_half_template() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    let processes = Processes::on(&private);
    let mut builder = processes.start("template::a_set_that_takes_its_time");
    let sleeping =
        "SELECT FROM pg_stat_activity WHERE datname LIKE 'mt\\_t\\_%\\_b' AND wait_event = 'PgSleep'";
    until(async || !client.query(sleeping, &[]).await.unwrap().is_empty()).await;
    builder.kill().unwrap();
    builder.wait().unwrap();
    assert_eq!(client.query(sleeping, &[]).await.unwrap().len(), 1, "its server process is still at it");

    client.batch_execute("CREATE ROLE mt_hurry").await.unwrap();
    let output = processes.output("template::a_set_that_takes_its_time");
    assert!(output.status.success(), "{}", text(&output));
    let template = "SELECT datname::text FROM pg_database WHERE datistemplate AND datname LIKE 'mt%'";
    let template: String = client.query_one(template, &[]).await.unwrap().get(0);
    databases_become(&client, &[&template]).await;
}

#[tokio::test]
async fn a_template_that_nobody_uses_is_swept() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    for (name, comment) in [
        ("mt_t_0000000000000001", "migrate test template, last used at unix time 1"),
        ("mt_t_0000000000000002", "of somebody else"),
    ] {
        client.batch_execute(&format!("CREATE DATABASE {name} IS_TEMPLATE true")).await.unwrap();
        client.batch_execute(&format!("COMMENT ON DATABASE {name} IS '{comment}'")).await.unwrap();
    }
    let child = Processes::on(&private).output("argument::a_client_leads_to_a_migrated_database");
    assert!(child.status.success(), "{}", text(&child));
    let used = "SELECT datname::text FROM pg_database WHERE NOT datallowconn AND datname LIKE 'mt%'";
    let used: String = client.query_one(used, &[]).await.unwrap().get(0);
    let mut left = [used.as_str(), "mt_t_0000000000000002"];
    left.sort_unstable();
    databases_become(&client, &left).await;
}
