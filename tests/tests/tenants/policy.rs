//! The migration pair: it applies, protects, and rolls back to the same schema.

use migrate::Dialect;
use migrate::Migrator;
use migrate::scope::rls::{self, ColumnType, OnDelete, Reference, Scripts, Table, Tenancy};
use migrate::testing::{Server, TestDatabase};
use migrate_tests::Folder;
use tokio_postgres::Client;

use crate::shop::{TABLES, protection};

/// What the generator can touch, in the words of the catalog.
const SCHEMA: &str = "
    SELECT 'table ' || oid::regclass || ' ' || relrowsecurity || ' ' || relforcerowsecurity
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    UNION ALL
    SELECT 'default ' || adrelid::regclass || ' ' || attname || ' ' || pg_get_expr(adbin, adrelid)
    FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'policy ' || polrelid::regclass || ' ' || polname || ' ' || polcmd::text || ' ' || polpermissive
        || ' ' || polroles::text || ' ' || pg_get_expr(polqual, polrelid) || ' ' || pg_get_expr(polwithcheck, polrelid)
    FROM pg_policy
    ORDER BY 1";

async fn schema(client: &Client) -> Vec<String> {
    client.query(SCHEMA, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn database(hint: &str) -> (TestDatabase, Client) {
    let database = Server::shared().unwrap().create_database(hint).await.unwrap();
    let client = database.connect().await.unwrap();
    (database, client)
}

/// Applies and rolls back; the schema in between.
async fn there_and_back(tables: &str, scripts: &Scripts) -> Vec<String> {
    let (_database, client) = database("policy").await;
    client.batch_execute(tables).await.unwrap();
    let before = schema(&client).await;
    client.batch_execute(&scripts.up).await.unwrap_or_else(|error| panic!("{}: {error:?}", scripts.up));
    let protected = schema(&client).await;
    client.batch_execute(&scripts.down).await.unwrap_or_else(|error| panic!("{}: {error:?}", scripts.down));
    assert_eq!(schema(&client).await, before);
    client.batch_execute(&scripts.up).await.unwrap();
    assert_eq!(schema(&client).await, protected);
    protected
}

#[test]
fn the_scripts_of_a_table() {
    let scripts = rls::scripts(&Tenancy::default(), &[Table::new("orders").key("id")]);
    assert_eq!(
        scripts.up,
        "\
ALTER TABLE \"orders\" ADD CONSTRAINT \"orders_business_id_id_key\" UNIQUE (\"business_id\", \"id\");
ALTER TABLE \"orders\" ALTER COLUMN \"business_id\" SET DEFAULT nullif(current_setting('app.business_id', true), '')::uuid;
ALTER TABLE \"orders\" ENABLE ROW LEVEL SECURITY;
ALTER TABLE \"orders\" FORCE ROW LEVEL SECURITY;
CREATE POLICY \"base\" ON \"orders\" USING (true) WITH CHECK (true);
CREATE POLICY \"tenant\" ON \"orders\" AS RESTRICTIVE
    USING (\"business_id\" = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))
    WITH CHECK (\"business_id\" = (SELECT nullif(current_setting('app.business_id', true), '')::uuid));
"
    );
    assert_eq!(
        scripts.down,
        "\
DROP POLICY \"tenant\" ON \"orders\";
DROP POLICY \"base\" ON \"orders\";
ALTER TABLE \"orders\" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE \"orders\" DISABLE ROW LEVEL SECURITY;
ALTER TABLE \"orders\" ALTER COLUMN \"business_id\" DROP DEFAULT;
ALTER TABLE \"orders\" DROP CONSTRAINT \"orders_business_id_id_key\";
"
    );
}

#[tokio::test]
async fn a_shop_is_protected_and_set_free_again() {
    let protected = there_and_back(TABLES, &protection()).await;
    let lines = |start: &str| protected.iter().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
    assert_eq!(lines("table"), ["table customers true true", "table orders true true"]);
    assert_eq!(lines("policy").len(), 4, "{protected:#?}");
    assert_eq!(
        lines("constraint orders orders_business_id_customer_id_fkey"),
        ["constraint orders orders_business_id_customer_id_fkey FOREIGN KEY (business_id, customer_id) \
          REFERENCES customers(business_id, id)"]
    );
    assert_eq!(lines("constraint orders orders_customer_id_fkey"), [""; 0], "it was replaced");
    assert_eq!(lines("index CREATE INDEX orders_live").len(), 1);
    assert_eq!(lines("index CREATE INDEX orders_trash").len(), 1);
    assert_eq!(lines("default customers business_id").len(), 1);
}

#[tokio::test]
async fn every_type_action_and_name_goes_there_and_back() {
    for (column_type, value) in [
        (ColumnType::BigInt, "7"),
        (ColumnType::Integer, "7"),
        (ColumnType::Text, "'seven'"),
        (ColumnType::Uuid, "gen_random_uuid()"),
    ] {
        let tenancy = Tenancy::new("Tenant \"x\"", column_type).setting("shop.tenant's");
        let long = "a_table_with_a_name_that_is_nearly_as_long_as_a_name_can_be_here";
        let actions = [
            (OnDelete::NoAction, ""),
            (OnDelete::Restrict, "ON DELETE RESTRICT"),
            (OnDelete::Cascade, "ON DELETE CASCADE"),
            (OnDelete::SetNull, "ON DELETE SET NULL"),
        ];
        let mut tables = format!(
            "CREATE SCHEMA \"my shop\";
             CREATE TABLE \"my shop\".\"or\"\"ders\" (no int PRIMARY KEY, \"Tenant \"\"x\"\"\" {column_type} NOT NULL);
             INSERT INTO \"my shop\".\"or\"\"ders\" VALUES (1, {value});"
        );
        let mut child = Table::new(&long[..63]).key("id").pages_by("id");
        let mut columns = String::new();
        for (i, (action, sql)) in actions.into_iter().enumerate() {
            columns +=
                &format!(", order_{i} int CONSTRAINT plain_{i} REFERENCES \"my shop\".\"or\"\"ders\" {sql}");
            let to = Reference::new(&format!("order_{i}"), ("my shop", "or\"ders")).key("no");
            child = child.reference(to.on_delete(action).replaces(&format!("plain_{i}")));
        }
        tables += &format!(
            "CREATE TABLE {} (id int, \"Tenant \"\"x\"\"\" {column_type} NOT NULL {columns})",
            &long[..63]
        );
        let parent = Table::new(("my shop", "or\"ders")).key("no").live_pages_by("no", "no");
        let protected = there_and_back(&tables, &rls::scripts(&tenancy, &[child, parent])).await;
        let set_null = protected.iter().any(|line| line.contains("ON DELETE SET NULL (order_3)"));
        assert!(set_null, "{protected:#?}");
    }
}

/// `pg_dump` knows everything of a schema, so also what the query above has forgotten.
#[tokio::test]
async fn a_dump_finds_no_trace_of_it() {
    let (database, client) = database("dump").await;
    client.batch_execute(TABLES).await.unwrap();
    let dump = || {
        let output = std::process::Command::new("pg_dump").args(["-s", database.url()]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        // The newest releases write a random word into each dump.
        text.lines().filter(|line| !line.contains("restrict")).collect::<Vec<_>>().join("\n")
    };
    let before = dump();
    client.batch_execute(&protection().up).await.unwrap();
    assert_ne!(dump(), before);
    client.batch_execute(&protection().down).await.unwrap();
    assert_eq!(dump(), before);
}

#[tokio::test]
async fn it_is_a_migration_like_any_other() {
    let (database, client) = database("migration").await;
    let scripts = protection();
    let folder = Folder::new(Dialect::Postgres)
        .migration("1_tables", TABLES, "DROP TABLE orders, customers")
        .migration("2_protect", &scripts.up, &scripts.down);
    let set = folder.set();
    let mut own = database.connect().await.unwrap();
    Migrator::new(&set).migrate(&mut own).await.unwrap();
    let protected = schema(&client).await;
    Migrator::new(&set).rollback(&mut own, 1).await.unwrap();
    assert!(schema(&client).await.iter().all(|line| !line.starts_with("policy")));
    Migrator::new(&set).migrate(&mut own).await.unwrap();
    assert_eq!(schema(&client).await, protected);
}
