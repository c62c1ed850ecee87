//! The migration pair: it applies, protects, and rolls back to the same schema.

use migrate::scope::rls::{self, ColumnType, OnDelete, Reference, Scripts, Table, Tenancy};
use migrate::{Dialect, Migrator};
use migrate_tests::{Folder, PostgresClient, Sandbox};

use crate::tenants::shop::{TABLES, protection};

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

/// That, and everything else that a script can make.
async fn schema(database: &mut PostgresClient) -> Vec<String> {
    let mut lines = database.column(SCHEMA).await;
    lines.extend(database.schema().await.lines().map(str::to_owned));
    lines
}

/// Applies and rolls back; the schema in between.
async fn there_and_back(database: &mut PostgresClient, tables: &str, scripts: &Scripts) -> Vec<String> {
    database.execute(tables).await;
    let before = schema(database).await;
    database.execute(&scripts.up).await;
    let protected = schema(database).await;
    database.execute(&scripts.down).await;
    assert_eq!(schema(database).await, before);
    database.execute(&scripts.up).await;
    assert_eq!(schema(database).await, protected);
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
    let mut database = PostgresClient::create("policy").await;
    there_and_back(&mut database, TABLES, &protection()).await;
    let protected = database.column(SCHEMA).await;
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
        let mut database = PostgresClient::create("types").await;
        let version: u32 = database.column("SHOW server_version_num").await[0].parse().unwrap();
        let tenancy = Tenancy::new("Tenant \"x\"", column_type).setting("shop.tenant's");
        let long = "a_table_with_a_name_that_is_nearly_as_long_as_a_name_can_be_here";
        let mut actions = vec![
            (OnDelete::NoAction, ""),
            (OnDelete::Restrict, "ON DELETE RESTRICT"),
            (OnDelete::Cascade, "ON DELETE CASCADE"),
        ];
        let sets_null = version >= 150_000;
        if sets_null {
            actions.push((OnDelete::SetNull, "ON DELETE SET NULL"));
        }
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
        let scripts = rls::scripts(&tenancy, &[child, parent]);
        let protected = there_and_back(&mut database, &tables, &scripts).await;
        let set_null = protected.iter().any(|line| line.contains("ON DELETE SET NULL (order_3)"));
        assert_eq!(set_null, sets_null, "{protected:#?}");
    }
}

mod declared {
    migrate::scope::tables! {
        tenant = business_id;
        customers { id: i64, business_id: i64, no: i64, deleted_at: Option<String>, deleted = deleted_at }
        orders {
            business_id: i64, year: i64, number: i64, customer_id: i64, currency: String,
            key = (year, number),
            customer_id -> customers on soft_delete keep,
            currency -> currencies,
        }
        lines {
            business_id: i64, place: i64, year: i64, number: i64,
            key = (business_id, place),
            (business_id, year, number) -> orders (business_id, year, number),
        }
        global currencies { code: String, key = code }
    }
}

#[tokio::test]
async fn what_is_declared_is_protected() {
    let tables: Vec<Table> = declared::TABLES.iter().filter_map(|table| Table::declared(table)).collect();
    let scripts = rls::scripts(&Tenancy::new("business_id", ColumnType::BigInt), &tables);
    let mut database = PostgresClient::create("declared").await;
    let create = "CREATE TABLE currencies (code text PRIMARY KEY);
        CREATE TABLE customers (id bigint PRIMARY KEY, business_id bigint NOT NULL, no bigint, deleted_at timestamptz);
        CREATE TABLE orders (business_id bigint NOT NULL, year bigint, number bigint, customer_id bigint,
            currency text REFERENCES currencies, PRIMARY KEY (year, number));
        CREATE TABLE lines (business_id bigint NOT NULL, place bigint, year bigint, number bigint,
            PRIMARY KEY (business_id, place))";
    there_and_back(&mut database, create, &scripts).await;
    let protected = database.column(SCHEMA).await;
    let lines = |start: &str| protected.iter().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
    assert_eq!(
        lines("table"),
        [
            "table currencies false false",
            "table customers true true",
            "table lines true true",
            "table orders true true"
        ]
    );
    let made: Vec<_> =
        lines("constraint").into_iter().filter(|line| line.contains("(business_id, ")).collect();
    assert_eq!(
        made,
        [
            "constraint customers customers_business_id_id_key UNIQUE (business_id, id)",
            "constraint lines lines_business_id_year_number_fkey FOREIGN KEY (business_id, year, number) \
             REFERENCES orders(business_id, year, number)",
            "constraint lines lines_pkey PRIMARY KEY (business_id, place)",
            "constraint orders orders_business_id_customer_id_fkey FOREIGN KEY (business_id, customer_id) \
             REFERENCES customers(business_id, id)",
            "constraint orders orders_business_id_year_number_key UNIQUE (business_id, year, number)",
        ]
    );
    let indexes = lines("index CREATE INDEX");
    assert_eq!(indexes.len(), 2, "{indexes:?}");
    assert!(indexes.iter().all(|line| line.contains(" ON public.customers ")), "{indexes:?}");
}

#[tokio::test]
async fn it_is_a_migration_like_any_other() {
    let mut database = PostgresClient::create("migration").await;
    let scripts = protection();
    let folder = Folder::new(Dialect::Postgres)
        .migration("1_tables", TABLES, "DROP TABLE orders, customers")
        .migration("2_protect", &scripts.up, &scripts.down);
    let set = folder.set();
    let migrator = Migrator::new(&set);
    database.migrate(&migrator).await.unwrap();
    let protected = schema(&mut database).await;
    database.rollback(&migrator, 1).await.unwrap();
    assert!(schema(&mut database).await.iter().all(|line| !line.starts_with("policy")));
    database.migrate(&migrator).await.unwrap();
    assert_eq!(schema(&mut database).await, protected);
}
