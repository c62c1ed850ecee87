//! What an error tells of what the server said.

use migrate::Migrator;
use migrate_tests::Sandbox;

use crate::postgres::{database, followed};

#[tokio::test]
async fn an_error_inside_a_function_points_at_the_statement() {
    let mut db = database("in_function").await;
    let script = "CREATE TABLE first ();\n\n  DO $$ BEGIN\n  PERFORM 1;\n  PERFORM missing();\nEND $$;";
    let set = followed(script).set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!(error.code(), Some("42883"));
    assert_eq!(error.position().unwrap().to_string(), "3:3");
    let text = error.to_string();
    assert!(
        text.contains("\n hint: No function matches") && text.contains("\n context: PL/pgSQL function"),
        "{text}"
    );
}

#[tokio::test]
async fn the_detail_of_the_server_is_told() {
    let mut db = database("detail").await;
    let set = followed("CREATE TABLE first (id int PRIMARY KEY); INSERT INTO first VALUES (1), (1)").set();
    let text = db.migrate(&Migrator::new(&set)).await.unwrap_err().to_string();
    assert!(text.contains("\n detail: Key (id)=(1) already exists."), "{text}");
}
