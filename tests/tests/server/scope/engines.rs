//! What a statement is sent to, and what a tenant may be.

use migrate::scope::{DatabaseErrorKind, Error, FromRow, Scope, Tenant, tables};
use migrate_tests::{PostgresPool, Sandbox, Scoped, SqliteFile, ask};
use uuid::Uuid;

use crate::scope::cases;
use crate::scope::shop::{Order, Shop, a, orders};

cases! {
    a_tenant_is_a_uuid_or_a_text,
    what_the_database_refuses_is_told,
    values_come_back_as_they_went,
}

/// What the program declares and the database does not have.
mod nowhere {
    use super::*;
    tables! {
        tenant = business_id;
        global nowhere { id: i64 }
    }
}

mod by_uuid {
    use super::*;
    tables! {
        tenant = business_id;
        deleted = deleted_at;
        notes { id: Uuid, business_id: Uuid, body: String, deleted_at: Option<String> }
    }
}

mod by_text {
    use super::*;
    tables! {
        tenant = shop;
        labels { id: i64, shop: String, body: String, done: bool }
        global words { id: i64, body: String }
    }
}

async fn a_tenant_is_a_uuid_or_a_text<S: Shop>(mut shop: S) {
    use by_text::{labels, words};
    use by_uuid::notes;
    shop.execute("CREATE TABLE notes (id uuid PRIMARY KEY, business_id uuid NOT NULL, body varchar(9), deleted_at timestamptz)")
        .await;
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for (tenant, body) in [(one, "mine"), (other, "theirs")] {
        let insert = Scope::tenant(tenant).insert(notes).set(notes.id, tenant).set(notes.body, body);
        assert_eq!(ask!(shop: S, insert, execute).unwrap(), 1);
    }
    let mine = Scope::tenant(one).select(notes).columns((notes.id, notes.body, notes.business_id));
    assert_eq!(ask!(shop: S, mine, one).unwrap(), (one, "mine".to_owned(), one));
    let gone = ask!(shop: S, Scope::tenant(one).soft_delete(notes).key(one), one).unwrap();
    assert_eq!(gone.counts, [("notes", 1)]);

    shop.execute("CREATE TABLE labels (id bigint PRIMARY KEY, shop text NOT NULL, body text NOT NULL, done boolean NOT NULL)")
        .await;
    shop.execute("CREATE TABLE words (id bigint PRIMARY KEY, body text NOT NULL)").await;
    let odd = Scope::tenant("it's \"$1\"; --");
    let insert = odd
        .insert(labels)
        .set(labels.id, 1)
        .set(labels.body, "'; DROP TABLE labels; --")
        .set(labels.done, true);
    ask!(shop: S, insert, execute).unwrap();
    let rows = odd.select(labels).filter(labels.done).columns((labels.shop, labels.body));
    let want = (odd.owner().to_string(), "'; DROP TABLE labels; --".to_owned());
    assert_eq!(ask!(shop: S, rows, one).unwrap(), want);
    assert_eq!(ask!(shop: S, Scope::tenant("").select(labels), count).unwrap(), 0);
    // A statement that needs no tenant binds none, or the server could not tell its type.
    assert_eq!(ask!(shop: S, odd.select(words).filter(words.id.gt(0)), count).unwrap(), 0);
}

async fn what_the_database_refuses_is_told<S: Shop>(shop: S) {
    let insert = a().insert(orders).set(orders.id, 77);
    let refused = ask!(shop: S, insert, execute).unwrap_err();
    let Error::Database(error) = refused else { panic!("{refused:?}") };
    let code = if S::DIALECT == migrate::Dialect::Sqlite { "1299" } else { "23502" };
    assert_eq!(error.code(), Some(code));
    assert!(!error.is_unique_violation());
    assert_eq!(error.kind(), DatabaseErrorKind::NotNull);
    let told = error.to_string();
    assert!(told.starts_with("a column that needs a value has none: "), "{told}");
    // The words of the server, so that a log of the error alone is enough.
    assert!(told.contains("total") && told.ends_with(&format!("({code})")), "{told}");

    let again = a().insert(orders).set(orders.id, 1).set(orders.total, 1);
    let Error::Database(error) = ask!(shop: S, again, execute).unwrap_err() else {
        panic!("not of the database")
    };
    assert_eq!(error.kind(), DatabaseErrorKind::Unique);
    assert!(error.to_string().starts_with("a row with this key exists already: "), "{error}");

    let unknown = a().select(nowhere::nowhere);
    let Error::Database(error) = ask!(shop: S, unknown, count).unwrap_err() else {
        panic!("not of the database")
    };
    assert_eq!(error.kind(), DatabaseErrorKind::Statement);
    assert!(error.to_string().contains("nowhere"), "{error}");

    let unreadable = a().select(orders).key(3).columns(migrate::scope::raw("orders.note").value::<String>());
    let unreadable = ask!(shop: S, unreadable, one).unwrap_err();
    assert!(
        matches!(&unreadable, Error::Read(unread) if unread.column == 0 && unread.is_null),
        "{unreadable:?}"
    );
    assert!(
        unreadable.to_string().ends_with("as `String`: it is NULL; read it as `Option<String>`"),
        "{unreadable}"
    );
}

mod kinds {
    use super::*;
    tables! {
        tenant = business_id;
        kinds {
            id: i64, business_id: i64, small: i32, real: f64, yes: bool, bytes: Vec<u8>, word: String,
            maybe: Option<i64>, other: Option<Uuid>,
        }
    }
}

#[derive(Debug, PartialEq, FromRow)]
struct Kinds {
    small: i32,
    real: f64,
    yes: bool,
    bytes: Vec<u8>,
    word: String,
    maybe: Option<i64>,
    other: Option<Uuid>,
}

async fn values_come_back_as_they_went<S: Shop>(mut shop: S) {
    use kinds::kinds;
    let bytes = if S::DIALECT == migrate::Dialect::Sqlite { "blob" } else { "bytea" };
    shop.execute(&format!(
        "CREATE TABLE kinds (id bigint PRIMARY KEY, business_id bigint, small int, real double precision, yes boolean,
         bytes {bytes}, word varchar(20), maybe bigint, other uuid)"
    ))
    .await;
    // Eight bytes, which are a number in another format.
    let insert =
        a().insert(kinds).set(kinds.id, 1).set(kinds.small, -7).set(kinds.real, 0.5).set(kinds.yes, true);
    let insert = insert.set(kinds.bytes, vec![0, 255]).set(kinds.word, "12345678").set(kinds.maybe, None);
    ask!(shop: S, insert.set(kinds.other, Uuid::from_u128(9)), execute).unwrap();
    let want = Kinds {
        small: -7,
        real: 0.5,
        yes: true,
        bytes: vec![0, 255],
        word: "12345678".into(),
        maybe: None,
        other: Some(Uuid::from_u128(9)),
    };
    let row: Kinds = ask!(shop: S, a().select(kinds).key(1), one).unwrap();
    assert_eq!(row, want);
    let filter = kinds.word.eq("12345678").and(kinds.other.eq(Uuid::from_u128(9))).and(kinds.real.lt(0.6));
    assert_eq!(ask!(shop: S, a().select(kinds).filter(filter).filter(kinds.small.eq(-7)), count).unwrap(), 1);
    ask!(shop: S, a().update(kinds).key(1).set(kinds.maybe, Some(3)).set(kinds.other, None), one).unwrap();
    let row: Kinds = ask!(shop: S, a().select(kinds).key(1), one).unwrap();
    assert_eq!((row.maybe, row.other), (Some(3), None));
    let sums = a().select(kinds).columns((kinds.small.sum(), kinds.real.sum(), kinds.small.avg()));
    assert_eq!(ask!(shop: S, sums, one).unwrap(), (Some(-7), Some(0.5), Some(-7.0)));
}

/// A statement is written in full before it is sent: what it says can be looked at.
#[test]
fn the_sql_of_a_statement() {
    use migrate::scope::Engine::{Postgres, Sqlite};
    let select = a().select(orders).filter(orders.total.gt(5)).order_by(orders.id.asc()).limit(3);
    let statement = select.statement::<Order>(Postgres).unwrap();
    let from = "(SELECT \"id\", \"business_id\", \"customer_id\", \"total\", \"note\", \"paid\", \"row_version\", \
                \"deleted_at\", \"deleted_by\", \"delete_reason\", \"delete_op\" FROM \"orders\" \
                WHERE \"orders\".\"business_id\" = $1 AND \"orders\".\"deleted_at\" IS NULL) AS \"orders\"";
    let want = format!(
        "SELECT \"orders\".\"id\", \"orders\".\"total\", \"orders\".\"note\", \"orders\".\"row_version\" FROM {from} \
         WHERE (\"orders\".\"total\" > $2) ORDER BY \"orders\".\"id\" LIMIT 3"
    );
    assert_eq!((statement.sql(), statement.parameters()), (&*want, 2));
    let update = a().update(orders).set(orders.total, 1).key(2).statement(Sqlite).unwrap();
    let want = "UPDATE \"orders\" SET \"total\" = ?1, \"row_version\" = \"orders\".\"row_version\" + 1 \
                WHERE \"orders\".\"business_id\" = ?2 AND \"orders\".\"deleted_at\" IS NULL \
                AND (\"orders\".\"id\" = ?3)";
    assert_eq!((update.sql(), update.parameters()), (want, 3));
}

#[tokio::test]
async fn on_postgres_clients_objects_and_transactions_serve() {
    let shop = PostgresPool::open("clients").await;
    let total = |total: i64| a().update(orders).key(1).set(orders.total, total);
    let read = || a().select(orders).key(1).columns(orders.total);

    let mut client = shop.database().connect().await.unwrap();
    total(1).one(&client).await.unwrap();
    let transaction = client.transaction().await.unwrap();
    total(2).one(&transaction).await.unwrap();
    assert_eq!(read().one(&transaction).await.unwrap(), 2);
    transaction.rollback().await.unwrap();
    assert_eq!(read().one(&client).await.unwrap(), 1);

    let mut object = shop.pool().get().await.unwrap();
    total(3).one(&object).await.unwrap();
    let transaction = object.transaction().await.unwrap();
    a().soft_delete(orders).key(1).one(&transaction).await.unwrap();
    assert!(matches!(read().one(&transaction).await, Err(Error::NotFound { .. })));
    transaction.rollback().await.unwrap();
    assert_eq!(read().one(&object).await.unwrap(), 3);
    let named = "SELECT count(*) FROM pg_prepared_statements";
    assert_eq!(migrate_tests::query(&object, named).await, [["0"]]);

    // The answer of a statement can be awaited in another task.
    let pool = shop.pool().clone();
    drop(object);
    let told = tokio::spawn(async move { a().select(orders).key(1).columns(orders.total).one(&pool).await });
    assert_eq!(told.await.unwrap().unwrap(), 3);
}

/// More rows of two values than one statement holds.
fn bulk(ids: impl Iterator<Item = i64>) -> migrate::scope::Insert<Scope, crate::scope::shop::line_tags> {
    use crate::scope::shop::line_tags;
    let insert = a().insert(line_tags).set(line_tags.line_id, 4);
    insert.rows(ids, |row, id| row.set(line_tags.tag, id.to_string()))
}

#[tokio::test]
async fn on_postgres_a_bulk_insert_that_is_dropped_leaves_nothing_open() {
    use tokio_postgres::error::SqlState;
    let shop = PostgresPool::open("dropped").await;
    let client = shop.database().connect().await.unwrap();
    let left =
        || a().select(crate::scope::shop::line_tags).filter(crate::scope::shop::line_tags.line_id.eq(4));
    for wait in [0, 2, 10, 40, 160] {
        let insert = bulk(0..70_000).execute(&client);
        let sent = tokio::time::timeout(std::time::Duration::from_millis(wait), insert).await;
        let open = client.batch_execute("SAVEPOINT mine").await.unwrap_err();
        assert_eq!(open.code(), Some(&SqlState::NO_ACTIVE_SQL_TRANSACTION), "after {wait} ms");
        let want = if sent.is_ok() { 70_000 } else { 0 };
        assert_eq!(left().count(&client).await.unwrap(), want, "after {wait} ms");
        client.batch_execute("DELETE FROM line_tags WHERE line_id = 4").await.unwrap();
    }
}

#[tokio::test]
async fn on_postgres_a_bulk_insert_keeps_to_the_transaction_that_is_there() {
    let shop = PostgresPool::open("bulk").await;
    let mut client = shop.database().connect().await.unwrap();
    let left =
        || a().select(crate::scope::shop::line_tags).filter(crate::scope::shop::line_tags.line_id.eq(4));
    let transaction = client.transaction().await.unwrap();
    let refused = bulk((0..70_000).chain([5])).execute(&transaction).await.unwrap_err();
    assert!(matches!(refused, Error::Database(error) if error.is_unique_violation()));
    assert_eq!(bulk(0..70_000).execute(&transaction).await.unwrap(), 70_000);
    assert_eq!(left().count(&transaction).await.unwrap(), 70_000);
    transaction.rollback().await.unwrap();
    assert_eq!(left().count(&client).await.unwrap(), 0);
    // One that was begun by hand.
    client.batch_execute("BEGIN").await.unwrap();
    assert_eq!(bulk(0..70_000).execute(&client).await.unwrap(), 70_000);
    client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(left().count(&client).await.unwrap(), 0);
}

#[tokio::test]
async fn on_postgres_a_bulk_insert_keeps_to_the_transaction_of_its_tenant() {
    use migrate_tests::{PostgresProtected, Scoped};
    let shop = PostgresProtected::open("bulk_tenant").await;
    let pool = shop.on();
    let left =
        || a().select(crate::scope::shop::line_tags).filter(crate::scope::shop::line_tags.line_id.eq(4));
    let count = pool
        .with_tenant(crate::scope::shop::A, async |tx| {
            let refused = bulk((0..70_000).chain([5])).execute(tx).await.unwrap_err();
            assert!(matches!(refused, Error::Database(error) if error.is_unique_violation()));
            bulk(0..70_000).execute(tx).await?;
            left().count(tx).await
        })
        .await
        .unwrap();
    assert_eq!(count, 70_000);
    assert_eq!(left().count(pool).await.unwrap(), 70_000);
}

#[tokio::test]
async fn on_sqlite_a_bulk_insert_keeps_to_the_transaction_that_is_there() {
    let mut shop = SqliteFile::open("").await;
    let transaction = shop.connection().transaction().unwrap();
    bulk((0..40_000).chain([5])).execute(&transaction).unwrap_err();
    assert_eq!(bulk(0..40_000).execute(&transaction).unwrap(), 40_000);
    transaction.rollback().unwrap();
    assert_eq!(a().select(crate::scope::shop::line_tags).count(shop.on()).unwrap(), 2);
}

#[tokio::test]
async fn on_sqlite_a_family_keeps_to_the_transaction_that_is_there() {
    let mut shop = SqliteFile::open("").await;
    let transaction = shop.connection().transaction().unwrap();
    a().soft_delete(orders).key(1).one(&transaction).unwrap();
    let refused = a().soft_delete(crate::scope::shop::customers).key(2).one(&transaction).unwrap_err();
    assert!(matches!(refused, Error::Restricted { .. }));
    assert_eq!(a().select(orders).count(&transaction).unwrap(), 4);
    transaction.rollback().unwrap();
    assert_eq!(a().select(orders).count(shop.on()).unwrap(), 5);

    // A restore that fails half way leaves nothing behind, and the transaction usable.
    let gone = a().soft_delete(orders).key(1).one(shop.on()).unwrap();
    shop.execute("CREATE TRIGGER no_tags BEFORE UPDATE ON line_tags BEGIN SELECT raise(ABORT, 'no'); END")
        .await;
    let mut transaction = shop.connection().transaction().unwrap();
    let failed = a().restore(orders).op(gone.op).execute(&transaction).unwrap_err();
    assert!(matches!(failed, Error::Database(_)), "{failed:?}");
    assert_eq!(a().select(orders).count(&transaction).unwrap(), 4);
    let savepoint = transaction.savepoint().unwrap();
    a().update(orders).key(2).set(orders.total, 1).one(&savepoint).unwrap();
    savepoint.commit().unwrap();
    transaction.commit().unwrap();
    assert_eq!(a().select(orders).key(2).columns(orders.total).one(shop.on()).unwrap(), 1);
}

#[test]
fn a_tenant_is_written_as_the_database_does() {
    let id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    assert_eq!(Tenant::from(id.parse::<Uuid>().unwrap()).to_string(), id);
    assert_eq!(Tenant::from(-3).to_string(), "-3");
    assert_ne!(Tenant::from("3"), Tenant::from(3));
}
