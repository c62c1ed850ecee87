//! Starts the service on a real server, and speaks HTTP with it as two tenants.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use migrate::testing::{Server, TestDatabase};
use serde_json::{Value, json};

const BAKERY: &str = "key-of-the-bakery";
const FLORIST: &str = "key-of-the-florist";

/// The service, and what it printed until it listened. It is killed with this value.
struct Service {
    process: Child,
    printed: Vec<String>,
    address: String,
}

impl Service {
    fn start(database: &TestDatabase) -> Service {
        let process = command(database).stdout(Stdio::piped()).spawn().unwrap();
        let mut service = Service { process, printed: Vec::new(), address: String::new() };
        for line in BufReader::new(service.process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("listening on http://") {
                service.address = address.to_owned();
                return service;
            }
            service.printed.push(line);
        }
        panic!("it ended before it listened: {:?}", service.printed);
    }

    /// The status and the body of the answer, as JSON if it is.
    fn request(&self, key: &str, request: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)))
    }

    /// The body of a successful answer.
    fn ok(&self, key: &str, request: &str, body: &str) -> Value {
        let (status, answer) = self.request(key, request, body);
        assert!((200..300).contains(&status), "{request}: {status} {answer}");
        answer
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address of the database for another role.
fn address(database: &TestDatabase, role: &str) -> String {
    let config = database.config();
    let user = config.get_user().unwrap();
    database.url().replacen(&format!("//{user}"), &format!("//{role}"), 1)
}

fn command(database: &TestDatabase) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multi-tenant"));
    command.env("MIGRATE_URL", database.url()).env("DATABASE_URL", address(database, "shop_app"));
    command.env("LISTEN", "127.0.0.1:0");
    command
}

async fn database(hint: &str) -> TestDatabase {
    let server = Server::shared().unwrap();
    // Roles belong to the whole server, so another test may have created it.
    let role = "DO $$ BEGIN
            PERFORM pg_advisory_xact_lock(20251128);
            IF to_regrole('shop_app') IS NULL THEN CREATE ROLE shop_app LOGIN; END IF;
        END $$";
    server.connect().await.unwrap().batch_execute(role).await.unwrap();
    server.create_database(hint).await.unwrap()
}

/// A shop in which the bakery has a customer with two orders.
fn filled(database: &TestDatabase) -> Service {
    let service = Service::start(database);
    let ada = service.ok(BAKERY, "PUT /customers", r#"{"email": "ada@example.com", "name": "Ada"}"#);
    assert_eq!(ada, json!({"id": 1}));
    for (id, order) in [
        (1, r#"{"customer_id": 1, "total": 12, "note": "rye"}"#),
        (2, r#"{"customer_id": 1, "total": 30, "note": "cake"}"#),
    ] {
        assert_eq!(service.ok(BAKERY, "POST /orders", order), json!({"id": id}));
    }
    service
}

#[tokio::test]
async fn migrates_verifies_and_starts_again() {
    let database = database("multi_tenant").await;
    let service = Service::start(&database);
    let last = "row-level security holds for public.customers, public.orders";
    assert_eq!(service.printed.last().unwrap(), last, "{:?}", service.printed);
    drop(service);
    assert_eq!(Service::start(&database).printed, ["nothing to do", last]);
}

#[tokio::test]
async fn deletes_restores_renames_and_purges() {
    let database = database("multi_tenant").await;
    let service = filled(&database);
    let renamed = r#"{"email": "ada@example.com", "name": "Ada L."}"#;
    assert_eq!(service.ok(BAKERY, "PUT /customers", renamed), json!({"id": 1}));
    let orders = json!([
        {"id": 1, "customer": "Ada L.", "total": 12, "note": "rye"},
        {"id": 2, "customer": "Ada L.", "total": 30, "note": "cake"},
    ]);
    assert_eq!(service.ok(BAKERY, "GET /orders", ""), orders);
    assert_eq!(service.ok(BAKERY, "GET /orders/search/cak", ""), json!([orders[1]]));

    let rye = service.ok(BAKERY, "DELETE /orders/1", "");
    assert_eq!(rye["counts"], json!([["orders", 1]]));
    assert_eq!(service.request(BAKERY, "DELETE /orders/1", "").0, 404, "it is gone already");
    let ada = service.ok(BAKERY, "DELETE /customers/1", "");
    assert_eq!(ada["counts"], json!([["customers", 1], ["orders", 1]]));
    let op = |gone: &Value| gone["op"].as_str().unwrap().to_owned();
    assert_eq!(service.ok(BAKERY, "GET /orders", ""), json!([]));
    assert_eq!(
        service.ok(BAKERY, "GET /orders/trash", ""),
        json!([
            {"id": 1, "total": 12, "deleted_by": "baker", "delete_reason": "asked for", "delete_op": op(&rye)},
            {"id": 2, "total": 30, "deleted_by": "baker", "delete_reason": null, "delete_op": op(&ada)},
        ])
    );
    let (status, text) = service.request(BAKERY, "POST /orders", r#"{"customer_id": 1, "total": 1}"#);
    assert_eq!((status, text), (404, json!("no such row in customers")), "a deleted customer orders nothing");

    let restored = service.ok(BAKERY, &format!("POST /customers/restore/{}", op(&ada)), "");
    assert_eq!(restored, json!([["customers", 1], ["orders", 1]]));
    assert_eq!(service.ok(BAKERY, "GET /orders", ""), json!([orders[1]]), "the cake, and not the rye");
    service.ok(BAKERY, "DELETE /customers/1", "");
    assert_eq!(service.ok(BAKERY, "POST /purge/30", ""), json!(0));
    assert_eq!(service.ok(BAKERY, "POST /purge/0", ""), json!(3));
    assert_eq!(service.ok(BAKERY, "GET /orders/trash", ""), json!([]));
}

/// What the README shows.
#[tokio::test]
async fn an_attack_finds_nothing() {
    let database = database("multi_tenant").await;
    let service = filled(&database);
    let no_order = json!("no such row in orders");
    assert_eq!(service.request(FLORIST, "DELETE /orders/2", ""), (404, no_order));
    assert_eq!(service.ok(FLORIST, "GET /orders/search/%25%27%20OR%201=1%20--", ""), json!([]));
    let no_customer = json!("no such row in customers");
    let order = r#"{"customer_id": 1, "total": 1}"#;
    assert_eq!(service.request(FLORIST, "POST /orders", order), (404, no_customer));
    assert_eq!(service.ok(FLORIST, "POST /purge/0", ""), json!(0));
    // Not even with the receipt of the other tenant's delete.
    let gone = service.ok(BAKERY, "DELETE /orders/1", "");
    let restore = format!("POST /orders/restore/{}", gone["op"].as_str().unwrap());
    assert_eq!(service.ok(FLORIST, &restore, ""), json!([["orders", 0]]));
    assert_eq!(service.ok(BAKERY, &restore, ""), json!([["orders", 1]]));
    // Plain SQL that forgot the tenant.
    assert_eq!(service.ok(BAKERY, "GET /turnover", ""), json!(42));
    assert_eq!(service.ok(FLORIST, "GET /turnover", ""), json!(0));
    // No key, and an unknown key.
    assert_eq!(service.request("", "GET /orders", "").0, 401);
    assert_eq!(service.request("key-of-the-butcher", "GET /orders", "").0, 401);
    // For another tenant, the same address is another customer.
    let ada = r#"{"email": "ada@example.com", "name": "Ada F."}"#;
    assert_eq!(service.ok(FLORIST, "PUT /customers", ada), json!({"id": 2}));
    assert_eq!(service.ok(BAKERY, "GET /orders", "")[0]["customer"], "Ada");

    // The role of the service, without a tenant.
    let mut config = database.config();
    let (app, connection) = config.user("shop_app").connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    assert!(app.query("SELECT FROM orders", &[]).await.unwrap().is_empty());
    assert!(app.batch_execute("TRUNCATE orders").await.unwrap_err().to_string().contains("db error"));
}

#[tokio::test]
async fn does_not_start_with_a_hole() {
    let database = database("multi_tenant").await;
    drop(Service::start(&database));
    let admin = database.connect().await.unwrap();
    let view = "CREATE VIEW every_order AS SELECT * FROM orders; GRANT SELECT ON every_order TO shop_app";
    admin.batch_execute(view).await.unwrap();
    let output = command(&database).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("- the view public.every_order reads with the rights of"), "{error}");
    // As the superuser, to whom no policy applies.
    let output = command(&database).env("DATABASE_URL", database.url()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a superuser"), "{output:?}");
}
