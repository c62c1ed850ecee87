//! The pages of the hazards, tried: what a page flags is reported, and what it recommends is not, whatever it is about.
//!
//! The blocks of SQL under "Safer" are migrations, one after the other; those marked `by-hand` are not. Each block under
//! "Flagged" is a migration by itself. Before them comes what the page takes as given.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use migrate_core::{Diagnostic, Hazard, HazardProblem, Overrides, Problem, Source};
use migrate_tests::Folder;

/// What a page takes as given: the schema before its migrations, and the policy.
struct Given {
    page: &'static str,
    schema: &'static str,
    policy: &'static str,
}

const fn given(page: &'static str, schema: &'static str) -> Given {
    Given { page, schema, policy: "" }
}

const fn with(page: &'static str, schema: &'static str, policy: &'static str) -> Given {
    Given { page, schema, policy }
}

const SQLITE: &str = "dialect = 'sqlite'";
const TENANT: &str = "tenant = 'business_id'";
const DELETED: &str = "deleted = 'deleted_at'";
const POSTGRES_18: &str = "postgres = 18";

/// The pages whose examples are rollbacks, or files that belong together; their rules have cases of their own.
const OF_PAIRS: &[&str] = &["down-fails", "down-lossy", "down-mismatch", "lost-session"];

/// The pages whose blocks under "Safer" are ways to choose from and no steps, each from the first block that begins one.
const CHOICES: &[(&str, &[usize])] = &[
    ("domain-validate", &[2]),
    ("fk-index", &[1]),
    ("fk-validate", &[2]),
    ("rename", &[2]),
    ("required-column", &[1]),
    ("short-ael", &[1]),
    ("soft-delete-index", &[1]),
    ("tenant-key", &[1]),
];

/// Examples under "Safer" that need another version of the server than the rest of their page.
const OF_18: &str = "-- postgres = 18 in migrate.toml\n";

const ORDERS: &str = "CREATE TABLE customers (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, price numeric, quantity int, customer_id bigint, email text,
        state text, status text NOT NULL DEFAULT 'open', note text)";

const STATUS: &str = "CREATE TYPE order_status AS ENUM ('open', 'canceled'); CREATE TABLE orders (id bigint PRIMARY KEY, status order_status)";

const INDEXED: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint); CREATE INDEX orders_customer_id ON orders (customer_id)";

const TWO_TABLES: &str = "CREATE TABLE customers (id bigint PRIMARY KEY); CREATE TABLE orders (id bigint PRIMARY KEY, note text, customer_id bigint);
    CREATE INDEX orders_customer_id ON orders (customer_id)";

const PENDING: &str = "CREATE TABLE customers (id bigint PRIMARY KEY); CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, customer_id bigint);
    ALTER TABLE orders ADD CONSTRAINT orders_total_positive CHECK (total > 0) NOT VALID;
    ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT VALID";

const CASCADING: &str = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers ON DELETE CASCADE);
    CREATE INDEX orders_customer ON orders (customer_id)";

const TENANTS: &str =
    "CREATE TABLE customers (business_id uuid, id bigint UNIQUE, PRIMARY KEY (business_id, id));
    CREATE TABLE orders (business_id uuid, id bigint, customer_id bigint, PRIMARY KEY (business_id, id));
    CREATE INDEX orders_customer ON orders (business_id, customer_id)";

const AUDITED: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, state text);
    CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'";

/// In the order of the pages.
#[rustfmt::skip]
const GIVEN: &[Given] = &[
    given("attach-scan", "CREATE TABLE measurements (taken_at date) PARTITION BY RANGE (taken_at); CREATE TABLE measurements_2024 (taken_at date)"),
    given("check-validate", ORDERS),
    given("checks-off", "CREATE TABLE accounts (id bigint PRIMARY KEY); CREATE TABLE entries (id bigint, account_id bigint); CREATE TABLE old_entries (id bigint, account_id bigint);
        CREATE FUNCTION notify() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER entries_notify AFTER INSERT ON entries FOR EACH ROW EXECUTE FUNCTION notify()"),
    given("constrained-domain", "CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TABLE orders (id bigint PRIMARY KEY)"),
    given("default-partition-scan", "CREATE TABLE events (at date) PARTITION BY RANGE (at); CREATE TABLE events_default PARTITION OF events DEFAULT"),
    with("delete-cascade", "CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE role_members (role_id INTEGER REFERENCES roles ON DELETE CASCADE); CREATE INDEX members ON role_members (role_id)", SQLITE),
    given("detach-blocking", "CREATE TABLE events (at date) PARTITION BY RANGE (at); CREATE TABLE events_2019 PARTITION OF events FOR VALUES FROM ('2019-01-01') TO ('2020-01-01')"),
    given("domain-validate", "CREATE DOMAIN score AS int; CREATE TABLE results (points score)"),
    given("drop-cascade", "CREATE TABLE customers (id int, region text); CREATE TABLE orders (id int); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER orders_note AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note(); CREATE TRIGGER customers_note AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION note()"),
    given("drop-column", "CREATE TABLE customers (id bigint PRIMARY KEY, fax text NOT NULL)"),
    given("drop-default", ORDERS),
    given("drop-not-null", "CREATE TABLE orders (id bigint PRIMARY KEY, email text NOT NULL)"),
    given("drop-schema", "CREATE SCHEMA legacy; CREATE TABLE legacy.orders (id int); CREATE TABLE legacy.customers (id int)"),
    given("drop-table", "CREATE TABLE customers (id bigint PRIMARY KEY); CREATE TABLE coupons (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers)"),
    given("drop-view", "CREATE TABLE customers (id bigint PRIMARY KEY, name text, region text, closed_at timestamptz); CREATE VIEW active_customers AS SELECT id, name FROM customers;
        CREATE FUNCTION price(int) RETURNS numeric LANGUAGE sql AS 'SELECT $1 * 1.07'"),
    given("enum-add", STATUS),
    given("enum-rename", STATUS),
    given("enum-same-tx", STATUS),
    given("exclude-build", "CREATE TABLE bookings (room int, during tsrange)"),
    given("explicit-lock", "CREATE TABLE accounts (id bigint PRIMARY KEY, plan text); CREATE TABLE archive (id bigint PRIMARY KEY, plan text)"),
    given("fk-index", "CREATE TABLE customers (id bigint PRIMARY KEY)"),
    given("fk-two-tables", TWO_TABLES),
    given("fk-validate", TWO_TABLES),
    given("grant-revoke", "CREATE TABLE invoices (id bigint PRIMARY KEY, paid_at timestamptz); CREATE POLICY own_rows ON invoices USING (true); CREATE FUNCTION close_month() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    given("hidden-ddl", ""),
    given("identifier-too-long", ""),
    given("index-blocking", ORDERS),
    given("index-concurrent", ORDERS),
    given("index-drop", INDEXED),
    given("index-partitioned", "CREATE TABLE events (at date, user_id int) PARTITION BY RANGE (at); CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"),
    given("inline-check", ORDERS),
    given("inline-unique", ORDERS),
    given("lock-then-work", "CREATE TABLE orders (id bigint PRIMARY KEY, price numeric, quantity int)"),
    given("long-validate", PENDING),
    given("matview-refresh", "CREATE TABLE sales (month date, region text); CREATE MATERIALIZED VIEW sales_by_month AS SELECT month, region FROM sales"),
    given("new-write-limit", ORDERS),
    with("newer-syntax", "CREATE TABLE orders (id bigint PRIMARY KEY, gross numeric)", "postgres = 14"),
    given("pk-nullable", "CREATE TABLE orders (number bigint); CREATE UNIQUE INDEX orders_number_key ON orders (number)"),
    with("rebuild-column", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT)", SQLITE),
    with("rebuild-constraint", "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, age INTEGER)", SQLITE),
    with("rebuild-foreign-keys", CASCADING, SQLITE),
    with("rebuild-index", "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL); CREATE UNIQUE INDEX users_email ON users (email)", SQLITE),
    with("rebuild-reference", CASCADING, SQLITE),
    with("rebuild-rows", "CREATE TABLE events (id INTEGER PRIMARY KEY, name TEXT)", SQLITE),
    with("rebuild-trigger", "CREATE TABLE audit (account_id INTEGER, balance INTEGER); CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER);
        CREATE TRIGGER accounts_audit AFTER UPDATE ON accounts BEGIN INSERT INTO audit (account_id, balance) VALUES (OLD.id, OLD.balance); END", SQLITE),
    with("rebuild-view", "CREATE TABLE orders (id INTEGER PRIMARY KEY, paid_at TEXT); CREATE VIEW paid_orders AS SELECT id FROM orders WHERE paid_at IS NOT NULL", SQLITE),
    given("reindex-blocking", INDEXED),
    given("rename", "CREATE TABLE customers (id bigint PRIMARY KEY, fax text)"),
    given("required-column", "CREATE TABLE orders (id bigint PRIMARY KEY)"),
    given("rls-enable", "CREATE TABLE invoices (id bigint PRIMARY KEY, business_id uuid)"),
    with("rls-not-forced", "CREATE TABLE orders (id bigint, business_id uuid, UNIQUE (business_id, id))", TENANT),
    given("rls-policy", "CREATE TABLE invoices (id bigint PRIMARY KEY, business_id uuid); ALTER TABLE invoices ENABLE ROW LEVEL SECURITY; CREATE POLICY base ON invoices USING (true)"),
    with("rls-setting", "CREATE TABLE orders (id bigint, business_id uuid, UNIQUE (business_id, id)); ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY base ON orders USING (true)", TENANT),
    given("sequence-reset", "CREATE TABLE orders (id bigserial PRIMARY KEY)"),
    given("serial-column", "CREATE TABLE orders (id bigint PRIMARY KEY)"),
    given("set-not-null", ORDERS),
    given("short-ael", "CREATE TABLE customers (id int); CREATE TABLE orders (id int); CREATE TABLE events (at date) PARTITION BY RANGE (at)"),
    with("soft-delete-cascade", "CREATE TABLE orders (id bigint PRIMARY KEY, deleted_at timestamptz)", DELETED),
    with("soft-delete-index", "CREATE TABLE orders (id bigint PRIMARY KEY, business_id uuid, created_at timestamptz, deleted_at timestamptz)", DELETED),
    with("soft-delete-unique", "", DELETED),
    given("stored-column", "CREATE TABLE orders (id bigint PRIMARY KEY, net numeric)"),
    given("table-rewrite", "CREATE TABLE reports (id int)"),
    with("tenant-column", TENANTS, TENANT),
    with("tenant-foreign-key", TENANTS, TENANT),
    with("tenant-key", "", TENANT),
    with("tenant-view", "CREATE TABLE orders (business_id uuid, id bigint, total numeric, closed_at timestamptz, PRIMARY KEY (business_id, id)); ALTER TABLE orders ENABLE ROW LEVEL SECURITY", TENANT),
    given("timeout-disabled", "CREATE TABLE orders (id bigint PRIMARY KEY)"),
    given("trigger", AUDITED),
    given("truncate", "CREATE TABLE sessions (id int, expires_at timestamptz); CREATE TABLE customers (id int)"),
    given("type-recheck", "CREATE TABLE orders (id bigint PRIMARY KEY, email varchar(50) CONSTRAINT orders_email_set CHECK (email <> ''))"),
    given("type-reindex", "CREATE TABLE orders (id bigint PRIMARY KEY, email varchar(50)); CREATE INDEX orders_email ON orders (lower(email))"),
    given("type-rewrite", "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int)"),
    given("unanalyzed", AUDITED),
    given("unbounded-dml", "CREATE TABLE customers (id bigint PRIMARY KEY); CREATE TABLE sessions (id int)"),
    given("unique-build", "CREATE TABLE orders (id bigint PRIMARY KEY, number bigint)"),
    given("up-fails", "CREATE TABLE jobs (id bigint PRIMARY KEY, state text); ALTER TABLE jobs RENAME COLUMN state TO status"),
    given("volatile-default", "CREATE TABLE orders (id bigint PRIMARY KEY)"),
];

/// The blocks of SQL under a heading. Those with another mark than `sql` are left out.
fn blocks<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section.split("```sql\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

/// What is reported about migrations after the given schema, one for each script: the hazards and other problems.
fn reported(given: &Given, scripts: &[&str]) -> Vec<String> {
    let dialect = if given.policy.contains("dialect") { "" } else { "dialect = 'postgres'\n" };
    let policy =
        format!("{dialect}rollback = 'optional'\nlint-from = 2\n{}\n[hazards]\nhigh = 'warn'", given.policy);
    let mut folder = Folder::with_policy(&policy).write("1_given.up.sql", given.schema);
    for (number, script) in scripts.iter().enumerate() {
        folder = folder.write(&format!("{}_step.up.sql", number + 2), script);
    }
    let source = Source::read(&folder.directory(), "migrations").unwrap();
    let diagnostics: Vec<Diagnostic> = match source.check(&Overrides::default(), migrate_lint::analyse) {
        Ok(checked) => checked.warnings,
        Err(diagnostics) => diagnostics.iter().cloned().collect(),
    };
    diagnostics
        .iter()
        .map(|found| match &found.problem {
            Problem::Hazard(HazardProblem::Found { hazard, message, .. }) => format!("{hazard}: {message}"),
            problem => format!("{}: {problem}", problem.code()),
        })
        .collect()
}

fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/hazards");
    let pages = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let pages = pages.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path));
    let pages =
        pages.filter(|(name, _)| Hazard::from_name(name).is_some() && !OF_PAIRS.contains(&name.as_str()));
    let mut pages: Vec<_> = pages.map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect();
    pages.sort();
    pages
}

/// The ways that a page recommends, each with its steps.
fn ways<'a, 'b>(page: &str, mut steps: &'a [&'b str]) -> Vec<&'a [&'b str]> {
    let choices =
        CHOICES.iter().find(|(choice, _)| *choice == page).map_or(&[] as &[usize], |(_, starts)| starts);
    let mut ways = Vec::new();
    for start in choices.iter().rev() {
        let (before, way) = steps.split_at(*start);
        ways.push(way);
        steps = before;
    }
    ways.push(steps);
    ways
}

fn given_of(page: &str) -> &'static Given {
    GIVEN.iter().find(|given| given.page == page).unwrap_or_else(|| panic!("no schema is given for {page}"))
}

/// What a page recommends is done as it is written, and nothing is reported.
#[test]
fn a_recommended_form_is_silent() {
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        let given = given_of(&page);
        let safer = blocks(&text, "Safer");
        let (newer, steps): (Vec<&str>, Vec<&str>) =
            safer.into_iter().partition(|block| block.starts_with(OF_18));
        let found = ways(&page, &steps).into_iter().flat_map(|steps| reported(given, steps));
        wrong.extend(found.map(|found| format!("{page}: {found}")));
        if !newer.is_empty() {
            let given = Given { policy: POSTGRES_18, ..*given };
            let found = reported(&given, &newer);
            wrong.extend(found.into_iter().map(|found| format!("{page}, version 18: {found}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a page flags is reported under its name.
#[test]
fn a_flagged_form_is_reported() {
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        for block in blocks(&text, "Flagged") {
            let found = reported(given_of(&page), &[block]);
            let hazards: BTreeSet<&str> = found.iter().filter_map(|found| found.split(':').next()).collect();
            if !hazards.contains(page.as_str()) {
                wrong.push(format!("{page}: {block}{found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each page has its schema, and each schema a page.
#[test]
fn every_schema_has_a_page() {
    let pages: BTreeSet<String> = pages().into_iter().map(|(name, _)| name).collect();
    let given: BTreeSet<String> = GIVEN.iter().map(|given| given.page.to_owned()).collect();
    assert_eq!(given, pages);
}
