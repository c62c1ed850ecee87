//! Each hole is planted alone, and found alone.

use migrate::scope::TenantPool;
use migrate::scope::rls::{self, Check, ColumnType, Hole, Reason, Table, Tenancy, VerifyError};

migrate::scope::tables! {
    tenant = business_id;
    customers { id: i64, business_id: uuid::Uuid }
    orders { id: i64, business_id: uuid::Uuid, total: i32 }
    global currencies { key = code, code: String }
}

use crate::tenants::shop::{ANN, APP, JOBS, MEMBER, OWNER, SUPERUSER, Shop, polled, seen_without_tenant};

async fn holes(pool: &TenantPool) -> Vec<Hole> {
    match rls::verify(pool).await {
        Ok(_) => Vec::new(),
        Err(VerifyError::Holes(holes)) => holes.iter().cloned().collect(),
        Err(other) => panic!("{other:?}"),
    }
}

/// What was found, and that each says what to do.
fn told(holes: &[Hole]) -> Vec<(Reason, &str)> {
    for hole in holes {
        assert!(hole.to_string().contains("\n  help: "), "{hole}");
        assert!(hole.to_string().contains(hole.object()), "{hole}");
    }
    holes.iter().map(|hole| (hole.reason(), hole.object())).collect()
}

/// Names in what is planted. Roles are the server's, which other tests use at the same time: one that the application
/// can become here is a role of this test alone.
fn filled(text: &str, shop: &Shop) -> String {
    let database = shop.database.name();
    let text = text.replace("$app", APP).replace("$owner", OWNER).replace("$database", database);
    text.replace("$other", &format!("{database}_other"))
}

/// A test for each hole: what opens it for the application, what is to be said of it, and what takes it back where it
/// is not the database's.
macro_rules! planted {
    ($($(#[$doc:meta])* $name:ident: $plant:expr => $reason:ident $object:expr $(, $undo:expr)?;)+) => {
        $(
            $(#[$doc])*
            #[tokio::test]
            async fn $name() {
                let shop = Shop::open("hole").await;
                shop.run(&filled($plant, &shop)).await;
                let found = holes(&shop.pool(1)).await;
                $(shop.run(&filled($undo, &shop)).await;)?
                assert_eq!(told(&found), [(Reason::$reason, &*filled($object, &shop))], "{found:#?}");
            }
        )+
    };
}

planted! {
    a_table_without_row_level_security:
        "CREATE TABLE bare (business_id uuid NOT NULL, id uuid, PRIMARY KEY (business_id, id));
         GRANT SELECT, INSERT ON bare TO $app" => NotEnabled "public.bare";
    /// One column is enough to read it.
    a_table_of_which_one_column_can_be_read:
        "CREATE SCHEMA \"my shop\"; GRANT USAGE ON SCHEMA \"my shop\" TO $app;
         CREATE TABLE \"my shop\".bare (business_id uuid NOT NULL, id uuid, PRIMARY KEY (business_id, id));
         GRANT SELECT (id) ON \"my shop\".bare TO $app" => NotEnabled "\"my shop\".bare";
    an_owner_whom_the_policies_do_not_bind:
        "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY; ALTER TABLE orders OWNER TO $app;
         REVOKE TRUNCATE ON orders FROM $app" => NotForced "public.orders";
    permissive_policies_alone:
        "DROP POLICY tenant ON orders" => PermissiveOnly "public.orders";
    a_tenant_policy_that_is_permissive:
        "DROP POLICY tenant ON orders; DROP POLICY base ON orders;
         CREATE POLICY tenant ON orders
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))"
        => PermissiveOnly "public.orders";
    a_restrictive_policy_that_is_about_something_else:
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE USING (total >= 0)"
        => PermissiveOnly "public.orders";
    a_restrictive_policy_for_another_role:
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE TO $owner
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))"
        => PermissiveOnly "public.orders";
    truncate_is_granted:
        "GRANT TRUNCATE ON customers TO $app" => TruncateGranted "public.customers";
    a_view_of_somebody_whom_no_policy_binds:
        "CREATE VIEW every_order AS SELECT * FROM orders; GRANT SELECT ON every_order TO $app"
        => DefinerView "public.every_order";
    a_view_of_an_owner_whose_table_does_not_bind_him:
        "ALTER TABLE orders OWNER TO $owner; ALTER TABLE orders NO FORCE ROW LEVEL SECURITY;
         CREATE VIEW every_order AS SELECT * FROM orders; ALTER VIEW every_order OWNER TO $owner;
         GRANT SELECT ON every_order TO $app" => DefinerView "public.every_order";
    /// The one in between is not within reach itself, and it is the outer one that is.
    a_view_over_a_view:
        "CREATE VIEW inner_view AS SELECT * FROM orders;
         CREATE VIEW outer_view AS SELECT * FROM inner_view; ALTER VIEW outer_view OWNER TO $owner;
         GRANT SELECT ON inner_view TO $owner; GRANT SELECT ON outer_view TO $app"
        => DefinerView "public.outer_view";
    a_materialized_view:
        "CREATE MATERIALIZED VIEW copied AS SELECT * FROM orders; GRANT SELECT ON copied TO $app"
        => MaterializedView "public.copied";
    a_materialized_view_behind_a_view:
        "CREATE MATERIALIZED VIEW copied AS SELECT * FROM orders; ALTER MATERIALIZED VIEW copied OWNER TO $owner;
         CREATE VIEW shown AS SELECT * FROM copied; ALTER VIEW shown OWNER TO $owner;
         GRANT SELECT ON shown TO $app" => MaterializedView "public.copied";
    a_function_with_the_rights_of_somebody_whom_no_policy_binds:
        "CREATE FUNCTION turnover(p text, q uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER
         AS 'SELECT sum(total) FROM public.orders'" => DefinerFunction "public.turnover(text, uuid)";
    a_partition_that_is_reached_directly:
        "CREATE TABLE events (business_id uuid NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
         CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
         CREATE INDEX ON events (business_id);
         ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER TABLE events FORCE ROW LEVEL SECURITY;
         CREATE POLICY tenant ON events AS RESTRICTIVE
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid));
         GRANT SELECT, INSERT ON events, events_2025 TO $app" => BarePartition "public.events_2025";
    a_foreign_key_without_the_tenant:
        "ALTER TABLE orders DROP CONSTRAINT orders_business_id_customer_id_fkey;
         ALTER TABLE orders ADD CONSTRAINT plain FOREIGN KEY (customer_id) REFERENCES customers (id)"
        => ForeignKeyWithoutTenant "plain";
    /// The tenant is in it, and compared with something else.
    a_foreign_key_with_the_tenant_in_the_wrong_place:
        "CREATE TABLE notes (business_id uuid NOT NULL PRIMARY KEY, author uuid, customer bigint);
         GRANT SELECT ON notes TO $app; ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
         ALTER TABLE notes ADD CONSTRAINT crossed FOREIGN KEY (author, customer) REFERENCES customers (business_id, id)"
        => ForeignKeyWithoutTenant "crossed";
    a_unique_index_over_all_tenants:
        "CREATE UNIQUE INDEX customers_name ON customers (lower(name))" => UniqueWithoutTenant "customers_name";
    no_index_on_the_tenant:
        "DROP INDEX orders_live, orders_trash" => NoTenantIndex "public.orders";
    a_tenant_column_that_takes_null:
        "ALTER TABLE orders ALTER COLUMN business_id DROP NOT NULL" => NullableTenant "public.orders";
    a_policy_that_another_setting_opens:
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid)
             OR current_setting('app.admin', true) = 'on')" => PermissiveOnly "public.orders";
    a_policy_that_a_role_opens:
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid)
             OR pg_has_role('$owner', 'MEMBER'))" => PermissiveOnly "public.orders";
    a_policy_that_compares_loosely:
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE
         USING (lower(business_id::text) = lower(nullif(current_setting('app.business_id', true), '')))"
        => PermissiveOnly "public.orders";
    a_policy_with_a_comparison_of_the_schema:
        "CREATE FUNCTION always(uuid, uuid) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
         CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = always);
         DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE USING
         (business_id OPERATOR(public.=) (SELECT nullif(current_setting('app.business_id', true), '')::uuid))"
        => PermissiveOnly "public.orders";
    a_policy_with_a_function_of_the_schema:
        "CREATE FUNCTION public.current_setting(text, bool) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
         SET search_path = public, pg_catalog;
         DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))"
        => PermissiveOnly "public.orders";
    a_policy_that_takes_rows_of_others:
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid)) WITH CHECK (true)"
        => PermissiveOnly "public.orders";
    a_policy_of_another_setting:
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE
         USING (business_id = (SELECT nullif(current_setting('app.business_ids', true), '')::uuid))"
        => PermissiveOnly "public.orders";
    a_policy_that_binds_one_of_two_roles:
        "CREATE ROLE $other; GRANT $other TO $app; DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE TO $app
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))"
        => PermissiveOnly "public.orders", "DROP OWNED BY $other; DROP ROLE $other";
    a_table_without_the_tenant:
        "CREATE TABLE notes (id bigint PRIMARY KEY, note text); GRANT SELECT ON notes TO $app"
        => WithoutTenant "public.notes";
    /// Its rows are read without the policies of those below it.
    a_parent_without_the_tenant:
        "CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO $app;
         CREATE TABLE other.base (id bigint); GRANT SELECT ON other.base TO $app;
         CREATE TABLE events (business_id uuid NOT NULL) INHERITS (other.base)" => WithoutTenant "other.base";
    a_table_that_another_role_reaches:
        "CREATE TABLE notes (id bigint PRIMARY KEY); CREATE ROLE $other; GRANT SELECT ON notes TO $other;
         GRANT $other TO $app"
        => WithoutTenant "public.notes", "DROP OWNED BY $other; DROP ROLE $other";
    a_tenant_that_is_compared_loosely:
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE words (business_id text COLLATE loose NOT NULL PRIMARY KEY); GRANT INSERT ON words TO $app;
         ALTER TABLE words ENABLE ROW LEVEL SECURITY" => LooseTenant "public.words";
    a_foreign_table:
        "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
         CREATE FOREIGN TABLE far (business_id uuid NOT NULL) SERVER nowhere; GRANT INSERT ON far TO $app"
        => ForeignTable "public.far";
    temporary_tables_are_granted:
        "GRANT TEMPORARY ON DATABASE $database TO PUBLIC" => TemporaryGranted "$database";
    tables_may_be_made:
        "GRANT CREATE ON SCHEMA public TO PUBLIC" => CreateGranted "SCHEMA public";
    schemas_may_be_made:
        "GRANT CREATE ON DATABASE $database TO $app" => CreateGranted "DATABASE $database";
    a_table_of_its_own:
        "ALTER TABLE orders OWNER TO $app; REVOKE TRUNCATE ON orders FROM $app" => Owned "public.orders";
    a_table_of_a_role_that_it_can_become:
        "CREATE ROLE $other; ALTER TABLE orders OWNER TO $other; REVOKE ALL ON orders FROM $other; GRANT $other TO $app"
        => Owned "public.orders", "DROP OWNED BY $other; DROP ROLE $other";
    triggers_are_granted:
        "GRANT TRIGGER ON orders TO $app" => DefinitionGranted "public.orders";
    references_are_granted:
        "GRANT REFERENCES (id) ON orders TO $app" => DefinitionGranted "public.orders";
    a_privilege_that_can_be_granted:
        "GRANT SELECT ON orders TO $app WITH GRANT OPTION" => GrantOption "public.orders";
    a_sequence_that_can_be_set:
        "GRANT UPDATE ON SEQUENCE orders_id_seq TO $app" => SequenceGranted "public.orders_id_seq";
    statistics_that_can_be_read:
        "GRANT SELECT (stavalues1) ON pg_catalog.pg_statistic TO $app"
        => StatisticsGranted "pg_statistic";
    a_large_object:
        "SELECT lo_create(7); GRANT SELECT ON LARGE OBJECT 7 TO $app" => LargeObjects "pg_largeobject";
    a_function_of_a_tenant:
        "CREATE FUNCTION of_ann() RETURNS bigint LANGUAGE sql
         SET app.business_id = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa' AS 'SELECT count(*) FROM public.orders'"
        => TenantOfFunction "public.of_ann()";
    a_rule_with_the_rights_of_somebody_whom_no_policy_binds:
        "CREATE RULE wipe AS ON DELETE TO customers DO ALSO DELETE FROM orders" => DefinerRule "public.customers";
    a_leakproof_function:
        "CREATE FUNCTION tell(text) RETURNS bool LANGUAGE plpgsql LEAKPROOF AS
         'BEGIN RAISE NOTICE ''%'', $1; RETURN true; END'" => LeakproofFunction "public.tell(text)";
    a_foreign_key_whose_triggers_are_off:
        "ALTER TABLE orders DISABLE TRIGGER ALL"
        => ForeignKeyUnchecked "orders_business_id_customer_id_fkey";
    a_foreign_key_that_was_not_validated:
        "ALTER TABLE orders DROP CONSTRAINT orders_business_id_customer_id_fkey;
         ALTER TABLE orders ADD CONSTRAINT later FOREIGN KEY (business_id, customer_id)
         REFERENCES customers (business_id, id) NOT VALID" => ForeignKeyUnchecked "later";
}

#[tokio::test]
async fn a_protected_shop_has_no_hole() {
    let shop = Shop::open("sound").await;
    let verified = rls::verify(&shop.pool(1)).await.unwrap();
    assert_eq!(verified.tables(), ["public.customers", "public.orders"]);
    // The owner is bound as well, once he has given TRUNCATE away; but he can let himself loose.
    shop.run(&format!(
        "ALTER TABLE orders OWNER TO {OWNER}; ALTER TABLE customers OWNER TO {OWNER};
         REVOKE TRUNCATE ON orders, customers FROM {OWNER}"
    ))
    .await;
    assert_eq!(
        told(&holes(&shop.pool_of(OWNER, 1)).await),
        [(Reason::Owned, "public.customers"), (Reason::Owned, "public.orders")]
    );
}

#[tokio::test]
async fn what_looks_like_a_hole_and_is_none() {
    let shop = Shop::open("none").await;
    shop.run(&format!(
        "-- Out of reach.
         CREATE TABLE bare (business_id uuid);
         CREATE VIEW every_bare AS SELECT * FROM bare;
         CREATE SCHEMA closed; CREATE TABLE closed.bare (business_id uuid); GRANT SELECT ON closed.bare TO {APP};
         -- Its owner is bound.
         CREATE VIEW own_orders AS SELECT * FROM orders; ALTER VIEW own_orders OWNER TO {OWNER};
         GRANT SELECT ON orders TO {OWNER}; GRANT SELECT ON own_orders TO {APP};
         -- Not about tenants.
         CREATE TABLE currencies (code text PRIMARY KEY); CREATE VIEW codes AS SELECT * FROM currencies;
         GRANT SELECT ON currencies, codes TO {APP};
         -- Functions that nobody may call, that are not ours, and that only a trigger calls.
         CREATE FUNCTION hidden() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         REVOKE EXECUTE ON FUNCTION hidden() FROM PUBLIC;
         CREATE FUNCTION invoked() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION bound() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         ALTER FUNCTION bound() OWNER TO {OWNER};
         CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
         -- A plain key beside the composite one, a key nobody can guess, and a second policy that opens wide.
         ALTER TABLE orders ADD CONSTRAINT plain FOREIGN KEY (customer_id) REFERENCES customers (id);
         ALTER TABLE orders ADD COLUMN public_id uuid UNIQUE DEFAULT gen_random_uuid();
         CREATE POLICY wide ON orders USING (true);"
    ))
    .await;
    let version: i32 =
        shop.admin.query_one("SELECT current_setting('server_version_num')::int", &[]).await.unwrap().get(0);
    if version >= 150_000 {
        shop.run(&format!(
            "CREATE VIEW invoking WITH (security_invoker = on) AS SELECT * FROM orders; GRANT SELECT ON invoking TO {APP}"
        ))
        .await;
    }
    let check = Check::new().declared(TABLES);
    assert_eq!(check.run(&shop.pool(1)).await.unwrap().tables(), ["public.customers", "public.orders"]);
}

#[tokio::test]
async fn what_is_declared_is_held_against_the_database() {
    let shop = Shop::open("declared").await;
    let check = Check::new().declared(TABLES);
    let holes = async || match check.run(&shop.pool(1)).await {
        Err(VerifyError::Holes(holes)) => holes.iter().cloned().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&holes().await), [(Reason::NotFound, "currencies")]);
    shop.run("CREATE TABLE currencies (code text); ALTER TABLE customers RENAME business_id TO shop_id")
        .await;
    // Both look, and it is reported once.
    let found = holes().await;
    let told: Vec<_> =
        told(&found).into_iter().filter(|(reason, _)| *reason == Reason::WithoutTenant).collect();
    assert_eq!(told, [(Reason::WithoutTenant, "public.customers")]);
    shop.run(&format!("REVOKE ALL ON customers FROM {APP}")).await;
    assert!(
        holes().await.iter().any(|hole| hole.reason() == Reason::WithoutTenant),
        "out of reach, and declared"
    );
}

/// A policy that is accepted by name is tried all the same.
#[tokio::test]
async fn a_policy_that_is_accepted_is_tried() {
    let cases = [
        ("USING ($own OR total > 2) WITH CHECK ($own)", Reason::VisibleRows),
        (
            "USING ($own OR coalesce(current_setting('app.business_id', true), '') = '') WITH CHECK ($own)",
            Reason::VisibleRows,
        ),
        ("USING ($own) WITH CHECK ($own OR total IS NULL)", Reason::ForeignInsert),
        ("USING ($own AND total >= 0) WITH CHECK ($own AND total >= 0)", Reason::PermissiveOnly),
    ];
    let shop = Shop::open("tried").await;
    let accepting = Check::new().accept(Reason::PermissiveOnly, "public.orders");
    for (policy, reason) in cases {
        let policy = policy.replace(
            "$own",
            "business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid)",
        );
        shop.run(&format!(
            "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE {policy}"
        ))
        .await;
        let found = match accepting.run(&shop.pool(1)).await {
            Ok(_) => Vec::new(),
            Err(VerifyError::Holes(holes)) => holes.iter().cloned().collect(),
            Err(other) => panic!("{other:?}"),
        };
        let want: &[_] = if reason == Reason::PermissiveOnly { &[] } else { &[(reason, "public.orders")] };
        assert_eq!(told(&found), want, "{policy}");
    }
}

#[tokio::test]
async fn a_policy_that_is_no_wall_is_told_with_its_text() {
    let shop = Shop::open("text").await;
    shop.run(
        "DROP POLICY tenant ON orders; CREATE POLICY \"the tenant\" ON orders AS RESTRICTIVE
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid)
             OR current_setting('app.admin', true) = 'on')",
    )
    .await;
    let text = holes(&shop.pool(1)).await[0].to_string();
    assert!(text.contains("is known to hold SELECT, INSERT, UPDATE, DELETE to the tenant"), "{text}");
    assert!(text.contains("\n  policy base: permissive using true with check true"), "{text}");
    let policy = "\n  policy \"the tenant\": restrictive using ((business_id = ( SELECT ";
    assert!(
        text.contains(policy) && text.contains("OR (current_setting('app.admin'::text, true) = 'on'::text))"),
        "{text}"
    );
}

/// What is written by hand and fails without a tenant, rather than shows a row, is a wall too.
#[tokio::test]
async fn a_policy_by_hand_that_says_the_same_is_a_wall() {
    let shop = Shop::open("by_hand").await;
    for own in [
        "nullif(current_setting('app.business_id', true), '')::uuid",
        "(SELECT nullif(current_setting('app.business_id', true), '')::uuid)",
    ] {
        shop.run(&format!(
            "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE USING (business_id = {own})"
        ))
        .await;
        assert_eq!(told(&holes(&shop.pool(1)).await), [], "{own}");
    }
}

#[tokio::test]
async fn roles_that_no_policy_binds_are_named_alone() {
    let shop = Shop::open("roles").await;
    // There is more to be said, but not to them.
    shop.run("ALTER TABLE orders ALTER COLUMN business_id DROP NOT NULL").await;
    for (role, reason) in [(SUPERUSER, Reason::Superuser), (JOBS, Reason::BypassesRls)] {
        assert_eq!(told(&holes(&shop.pool_of(role, 1)).await), [(reason, role)]);
    }
}

#[tokio::test]
async fn a_role_that_can_become_another_is_named() {
    let shop = Shop::open("member").await;
    assert_eq!(told(&holes(&shop.pool_of(MEMBER, 1)).await), [(Reason::MayBecome, JOBS)]);
    // `RESET ROLE` undoes this.
    shop.run(&format!("ALTER DATABASE {} SET role = '{APP}'", shop.database.name())).await;
    assert_eq!(told(&holes(&shop.pool_of(SUPERUSER, 1)).await), [(Reason::MayBecome, SUPERUSER)]);
}

#[tokio::test]
async fn row_security_that_is_off_is_named() {
    let shop = Shop::open("off").await;
    shop.run(&format!("ALTER DATABASE {} SET row_security = off", shop.database.name())).await;
    assert_eq!(told(&holes(&shop.pool(1)).await), [(Reason::RowSecurityOff, "row_security")]);
}

#[tokio::test]
async fn nothing_to_protect_is_no_protection() {
    let shop = Shop::open("nothing").await;
    let tenancy = Tenancy::new("shop_id", ColumnType::BigInt);
    let pool = TenantPool::with_tenancy(shop.connections(APP, 1), tenancy);
    assert_eq!(told(&holes(&pool).await), [(Reason::NothingToProtect, "shop_id")]);
}

#[tokio::test]
async fn every_type_of_tenant_is_tried() {
    let shop = Shop::open("types").await;
    shop.run("DROP TABLE orders, customers").await;
    for (column_type, column) in [
        (ColumnType::BigInt, "bigint"),
        (ColumnType::Integer, "integer"),
        (ColumnType::Text, "text"),
        (ColumnType::Text, "varchar(40)"),
    ] {
        let tenancy = Tenancy::new("The \"tenant\"", column_type).setting("shop.tenant");
        let table = format!("of {column}");
        let scripts = rls::scripts(&tenancy, &[Table::new(table.as_str()).key("id")]);
        shop.run(&format!(
            "CREATE TABLE \"{table}\" (id serial, \"The \"\"tenant\"\"\" {column} NOT NULL); {}
             GRANT SELECT, INSERT ON \"{table}\" TO {APP}",
            scripts.up
        ))
        .await;
        let pool = TenantPool::with_tenancy(shop.connections(APP, 1), tenancy);
        assert_eq!(told(&holes(&pool).await), []);
        shop.run(&format!("DROP POLICY tenant ON \"{table}\"")).await;
        assert_eq!(told(&holes(&pool).await)[0].0, Reason::PermissiveOnly);
        shop.run(&format!("DROP TABLE \"{table}\"")).await;
    }
}

#[tokio::test]
async fn commands_that_are_open_are_named() {
    let shop = Shop::open("commands").await;
    shop.run(
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE FOR SELECT
         USING (business_id = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))",
    )
    .await;
    let holes = holes(&shop.pool(1)).await;
    assert_eq!(told(&holes), [(Reason::PermissiveOnly, "public.orders")]);
    assert!(holes[0].to_string().contains("hold INSERT, UPDATE, DELETE to the tenant"), "{}", holes[0]);
}

#[tokio::test]
async fn what_is_meant_is_accepted_by_name() {
    let shop = Shop::open("accepted").await;
    shop.run(
        "CREATE FUNCTION login(name text) RETURNS bigint LANGUAGE sql SECURITY DEFINER
         AS 'SELECT id FROM public.customers WHERE customers.name = login.name'",
    )
    .await;
    let error = rls::verify(&shop.pool(1)).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "row-level security does not hold for this role:\n- the function public.login(text)"
        ),
        "{text}"
    );
    let accepting = Check::new().accept(Reason::DefinerFunction, "public.login(text)");
    assert_eq!(accepting.run(&shop.pool(1)).await.unwrap().tables().len(), 2);
    // Neither another hole in it nor the same one elsewhere.
    for other in [
        Check::new().accept(Reason::DefinerView, "public.login(text)"),
        Check::new().accept(Reason::DefinerFunction, "public.login(uuid)"),
    ] {
        assert!(other.run(&shop.pool(1)).await.is_err());
    }
}

/// A pool that sets a tenant for its sessions, as many are told to.
#[tokio::test]
async fn a_session_with_a_tenant_is_named() {
    let shop = Shop::open("session").await;
    shop.run(&format!("ALTER DATABASE {} SET app.business_id = '{ANN}'", shop.database.name())).await;
    let holes = holes(&shop.pool(1)).await;
    assert_eq!(told(&holes), [(Reason::TenantPreset, "app.business_id"); 2]);
    assert!(
        holes[0].to_string().contains("has a value in the session before a tenant is set"),
        "{}",
        holes[0]
    );
    let of_database = format!("has a value of the database {}", shop.database.name());
    assert!(holes[1].to_string().contains(&of_database), "{}", holes[1]);
}

/// Without `nullif` it fails as soon as the setting is empty, and that is no answer.
#[tokio::test]
async fn a_policy_that_fails_is_an_error() {
    let shop = Shop::open("failing").await;
    shop.run(
        "DROP POLICY tenant ON orders; CREATE POLICY tenant ON orders AS RESTRICTIVE
         USING (business_id = current_setting('app.business_id', true)::uuid)",
    )
    .await;
    let error = rls::verify(&shop.pool(1)).await.unwrap_err();
    assert!(matches!(&error, VerifyError::Database(_)), "{error:?}");
}

/// What a look could change.
async fn picture(shop: &Shop) -> Vec<i64> {
    let state = "SELECT (SELECT last_value FROM orders_id_seq), (SELECT last_value FROM customers_id_seq),
        (SELECT count(*) FROM orders), (SELECT count(*) FROM customers)";
    let row = shop.admin.query_one(state, &[]).await.unwrap();
    (0..row.len()).map(|i| row.get(i)).collect()
}

/// Rows are accepted here, and taken back.
#[tokio::test]
async fn looking_at_an_open_shop_leaves_nothing_behind() {
    let shop = Shop::open("open").await;
    shop.run("DROP POLICY tenant ON orders; DROP POLICY tenant ON customers").await;
    let before = picture(&shop).await;
    assert_eq!(holes(&shop.pool(1)).await.len(), 2);
    assert_eq!(picture(&shop).await, before);
}

#[tokio::test]
async fn a_look_dropped_at_every_await_leaves_nothing_behind() {
    let shop = Shop::open("looks").await;
    let before = picture(&shop).await;
    let pool = shop.pool(1);
    let mut times = 0;
    while polled(rls::verify(&pool), times).await.is_none() {
        times += 1;
        assert_eq!(seen_without_tenant(&pool).await, 0);
    }
    assert!(times > 5, "{times}");
    assert_eq!(picture(&shop).await, before);
    assert_eq!(pool.raw_query(ANN, "SELECT FROM orders", &[]).await.unwrap().len(), 3);
}
