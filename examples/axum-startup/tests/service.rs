//! Starts the service on a real server, and speaks HTTP with it.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use migrate::testing::{Server, TestDatabase};
use serde_json::{Value, json};

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

    /// The status and the body of the answer.
    fn request(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(database: &TestDatabase) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-startup"));
    command.env("DATABASE_URL", database.url()).env("LISTEN", "127.0.0.1:0");
    command
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn migrates_and_serves_and_starts_again() {
    let database = Server::shared().unwrap().create_database("axum_startup").await.unwrap();
    let service = Service::start(&database);
    assert_eq!(service.printed.len(), 3, "{:?}", service.printed);
    assert!(service.printed[0].contains("20251107100000_create_loyalty_customers"), "{:?}", service.printed);

    let (status, body) = service.request("POST", "/tenants/7/customers", r#"{"email": "ada@example.com"}"#);
    assert_eq!((status, json(&body)), (201, json!({"id": 1, "email": "ada@example.com", "points": 0})));
    let (status, _) = service.request("POST", "/tenants/7/customers", r#"{"email": "Ada@example.com"}"#);
    assert_eq!(status, 409);
    let (status, body) = service.request("GET", "/tenants/7/customers", "");
    assert_eq!((status, json(&body)), (200, json!([{"id": 1, "email": "ada@example.com", "points": 0}])));
    let (status, body) = service.request("GET", "/tenants/8/customers", "");
    assert_eq!((status, json(&body)), (200, json!([])));
    drop(service);

    let again = Service::start(&database);
    assert_eq!(again.printed, ["nothing to do"]);
    assert_eq!(again.request("GET", "/tenants/7/customers", "").0, 200);
}

#[tokio::test]
async fn does_not_start_when_a_migration_fails() {
    let database = Server::shared().unwrap().create_database("axum_fails").await.unwrap();
    database.connect().await.unwrap().batch_execute("CREATE TABLE loyalty_customers ()").await.unwrap();
    let output = command(&database).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("relation \"loyalty_customers\" already exists"), "{error}");
    assert!(error.contains("migrations/20251107100000_create_loyalty_customers.up.sql"), "{error}");
    assert!(error.contains("help: "), "{error}");
}

#[tokio::test]
async fn says_what_is_missing() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_axum-startup")).env_remove("DATABASE_URL").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("DATABASE_URL is not set"), "{output:?}");
}
