//! Tenants that a collation or a type holds to be equal are two.

use migrate::scope::{Error, Scope, Unscoped, UnscopedUse, days, tables};
use migrate_tests::{Sandbox, Scoped, ask};
use uuid::Uuid;

use crate::scope::cases;
use crate::scope::shop::Shop;

cases! {
    without policies:
    tenants_are_told_apart_byte_by_byte,
}

tables! {
    tenant = shop;
    deleted = gone;
    books { id: i64, shop: String, title: String, gone: Option<String>, o: Option<Uuid>, op = o }
    pages {
        id: i64, shop: String, book_id: i64, gone: Option<String>, o: Option<Uuid>, op = o,
        book_id -> books on soft_delete cascade,
    }
    covers { id: i64, shop: String, book_id: i64, book_id -> books on soft_delete hide_with(parent) }
}

async fn tenants_are_told_apart_byte_by_byte<S: Shop>(mut shop: S) {
    let kinds: &[(&str, &str, &str)] = if S::DIALECT == migrate::Dialect::Sqlite {
        &[("text COLLATE NOCASE", "A", "a"), ("text COLLATE RTRIM", "a", "a "), ("string", "7", "07.0")]
    } else {
        shop.execute("CREATE EXTENSION citext").await;
        shop.execute(
            "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        )
        .await;
        &[
            ("citext", "A", "a"),
            ("text COLLATE any_case", "A", "a"),
            ("varchar(9) COLLATE any_case", "Ä", "ä"),
        ]
    };
    for (kind, one, other) in kinds {
        fill(&mut shop, kind, one, other).await;
        if *kind != "string" {
            verbs(&mut shop, one, other).await;
        }
        // To SQLite such a type is that of a number, and both rows are written as those of 7.
        let counts = if *kind == "string" { [2, 0] } else { [1, 1] };
        for (tenant, count) in [*one, *other].into_iter().zip(counts) {
            let scope = Scope::tenant(tenant);
            assert_eq!(ask!(shop: S, scope.select(books), count).unwrap(), count, "{kind}: {tenant}");
        }
        shop.execute("DROP TABLE covers; DROP TABLE pages; DROP TABLE books").await;
    }
}

/// A book with a page and a cover for each; the page 3 is the other's, in the book of the first.
async fn fill<S: Shop>(shop: &mut S, kind: &str, one: &str, other: &str) {
    shop.execute(&format!(
        "CREATE TABLE books (id bigint PRIMARY KEY, shop {kind} NOT NULL, title text NOT NULL, gone timestamptz, o uuid);
         CREATE TABLE pages (id bigint PRIMARY KEY, shop {kind} NOT NULL, book_id bigint NOT NULL, gone timestamptz, o uuid);
         CREATE TABLE covers (id bigint PRIMARY KEY, shop {kind} NOT NULL, book_id bigint NOT NULL);
         CREATE UNIQUE INDEX titles ON books (shop, title) WHERE gone IS NULL;
         INSERT INTO books (id, shop, title) VALUES (1, '{one}', 'one'), (2, '{other}', 'other');
         INSERT INTO pages (id, shop, book_id) VALUES (1, '{one}', 1), (2, '{other}', 2), (3, '{other}', 1);
         INSERT INTO covers (id, shop, book_id) VALUES (1, '{one}', 1), (2, '{other}', 2), (3, '{other}', 1)"
    ))
    .await;
}

async fn verbs<S: Shop>(shop: &mut S, one: &str, other: &str) {
    let [one, other] = [one, other].map(Scope::tenant);
    let audit = |_: &UnscopedUse<'_>| {};
    let all = Unscoped::because("a test", &audit);
    let others = "SELECT id, shop, title, gone FROM books WHERE id = 2";
    let before = shop.rows(others).await;

    assert_eq!(ask!(shop: S, one.select(books).columns(books.id), all).unwrap(), [1]);
    assert_eq!(ask!(shop: S, one.select(pages).columns(pages.id), all).unwrap(), [1]);
    // The cover 3 hides: its book is another's.
    assert_eq!(ask!(shop: S, other.select(covers).columns(covers.id), all).unwrap(), [2]);
    let ids = all.select(covers).order_by(covers.id.asc()).columns(covers.id);
    assert_eq!(ask!(shop: S, ids, all).unwrap(), [1, 2]);
    let joined = all.select(pages).join(books).order_by(pages.id.asc()).columns(pages.id);
    assert_eq!(ask!(shop: S, joined, all).unwrap(), [1, 2]);

    assert_eq!(ask!(shop: S, one.update(books).set(books.title, "new"), execute).unwrap(), 1);
    let missing = ask!(shop: S, one.update(books).key(2).set(books.title, "stolen"), one).unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing:?}");
    assert_eq!(ask!(shop: S, one.hard_delete(pages).key(2), execute).unwrap(), 0);
    // The index of this schema takes the keys for one; the row that is there is the other's all the same.
    let upsert = one.upsert(books).on(books.title).set(books.title, "other").set(books.id, 9);
    let conflict = ask!(shop: S, upsert, one).unwrap_err();
    assert!(matches!(conflict, Error::UpsertConflict { .. }), "{conflict:?}");

    let gone = ask!(shop: S, one.soft_delete(books), execute).unwrap();
    assert_eq!(gone.counts, [("books", 1), ("pages", 1)]);
    assert_eq!(ask!(shop: S, other.restore(books), execute).unwrap().counts[0], ("books", 0));
    assert_eq!(
        ask!(shop: S, other.purge(books).older_than(days(0)), execute).unwrap().counts[0],
        ("books", 0)
    );
    assert_eq!(ask!(shop: S, one.restore(books).op(gone.op), execute).unwrap().counts, gone.counts);
    let gone = ask!(shop: S, all.soft_delete(books).key(1), one).unwrap();
    assert_eq!(
        gone.counts,
        [("books", 1), ("pages", 1)],
        "without a tenant the page of another is not the book's"
    );
    assert_eq!(ask!(shop: S, all.restore(books).key(1), one).unwrap().counts, gone.counts);
    assert_eq!(shop.rows(others).await, before);
    assert_eq!(shop.column("SELECT id FROM pages WHERE gone IS NULL ORDER BY id").await, ["1", "2", "3"]);

    // What refers to the book and is another's keeps it, and does not go with it.
    ask!(shop: S, one.soft_delete(books), execute).unwrap();
    shop.execute("UPDATE books SET gone = '2020-01-01' WHERE id = 1; UPDATE pages SET gone = '2020-01-01' WHERE id IN (1, 3)")
        .await;
    let purged = ask!(shop: S, one.purge(books).older_than(days(1)), execute).unwrap();
    assert_eq!((purged.counts[0], purged.held.len()), (("books", 0), 2), "{purged:?}");
    shop.execute("UPDATE books SET gone = NULL; UPDATE pages SET gone = NULL").await;
}

const MANY: &str = "
    CREATE TABLE books (id bigint PRIMARY KEY, shop varchar(20) NOT NULL, title text NOT NULL, gone timestamptz, o uuid);
    INSERT INTO books (id, shop, title)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        SELECT i, 'shop ' || (i % 50), 'a' FROM n;
    CREATE INDEX of_shop ON books (shop, id) WHERE gone IS NULL;
    ANALYZE books;";

/// The second comparison costs no index: it is made of what the first one found.
#[tokio::test]
async fn an_index_serves_a_tenant_that_is_a_text() {
    let page = Scope::tenant("shop 7").select(books).order_by(books.id.asc()).limit(5).columns(books.title);
    let mut file = migrate_tests::SqliteFile::create("").await;
    file.execute(MANY).await;
    let sql = page.statement(migrate::scope::Engine::Sqlite).unwrap();
    let mut plan = file.on().prepare(&format!("EXPLAIN QUERY PLAN {}", sql.sql())).unwrap();
    let plan: Vec<String> =
        plan.query_map(["shop 7"], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    assert_eq!(plan, ["SEARCH books USING INDEX of_shop (shop=?)"]);

    let mut pool = migrate_tests::PostgresPool::create("plan").await;
    pool.execute(MANY).await;
    let sql = page.statement(migrate::scope::Engine::Postgres).unwrap();
    let client = pool.pool().get().await.unwrap();
    let values: [(&(dyn tokio_postgres::types::ToSql + Sync), _); 1] =
        [(&"shop 7", tokio_postgres::types::Type::UNKNOWN)];
    let plan = client.query_typed(&format!("EXPLAIN {}", sql.sql()), &values).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(
        plan.contains("Index Scan using of_shop") && plan.contains("Index Cond: ((shop)::text = 'shop 7'"),
        "{plan}"
    );
    assert!(!plan.contains("Sort"), "{plan}");
}
