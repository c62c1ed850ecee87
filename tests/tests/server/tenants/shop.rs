//! A shop of two tenants on a real server, and the roles that reach it.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use migrate::scope::TenantPool;
use migrate::scope::rls::{self, Reference, Scripts, Table, Tenancy};
use migrate::testing::{Server, TestDatabase};
use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls};
use uuid::{Uuid, uuid};

pub(crate) const ANN: Uuid = uuid!("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa");
pub(crate) const BOB: Uuid = uuid!("bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb");

/// The application's role: whoever it belongs to, it may do nothing special.
pub(crate) const APP: &str = "migrate_test_app";
/// Owns tables and views where a test wants the owner to be bound by policies.
pub(crate) const OWNER: &str = "migrate_test_owner";
/// The role for jobs.
pub(crate) const JOBS: &str = "migrate_test_jobs";
/// May become the role for jobs, but is not.
pub(crate) const MEMBER: &str = "migrate_test_member";
pub(crate) const SUPERUSER: &str = "migrate_test_superuser";

pub(crate) const TABLES: &str = "
    CREATE TABLE customers (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        business_id uuid NOT NULL,
        name text NOT NULL,
        deleted_at timestamptz
    );
    CREATE TABLE orders (
        id bigserial PRIMARY KEY,
        business_id uuid NOT NULL,
        customer_id bigint CONSTRAINT orders_customer_id_fkey REFERENCES customers (id),
        total int NOT NULL CHECK (total >= 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz
    )";

pub(crate) fn protection() -> Scripts {
    rls::scripts(
        &Tenancy::default(),
        &[
            Table::new("customers").key("id"),
            Table::new("orders")
                .live_pages_by("created_at", "deleted_at")
                .reference(Reference::new("customer_id", "customers").replaces("orders_customer_id_fkey")),
        ],
    )
}

/// Three orders of Ann's and two of Bob's.
const ROWS: &str = "
    INSERT INTO customers (business_id, name) VALUES
        ('aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'Ada'), ('bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb', 'Bea');
    INSERT INTO orders (business_id, customer_id, total) SELECT business_id, id, n
    FROM customers, generate_series(1, 3) n WHERE name = 'Ada' OR n < 3";

pub(crate) struct Shop {
    pub(crate) database: TestDatabase,
    /// The superuser, who sees everything.
    pub(crate) admin: Client,
}

impl Shop {
    pub(crate) async fn open(hint: &str) -> Shop {
        let server = Server::shared().unwrap();
        create_roles(&server).await;
        let database = server.create_database(hint).await.unwrap();
        let admin = database.connect().await.unwrap();
        let shop = Shop { database, admin };
        shop.run(TABLES).await;
        shop.run(ROWS).await;
        shop.run(&protection().up).await;
        shop.run(&format!(
            "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
             GRANT SELECT, INSERT, UPDATE, DELETE ON customers, orders TO {APP}, {JOBS}, {MEMBER};
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}, {JOBS}, {MEMBER}",
            shop.database.name()
        ))
        .await;
        shop
    }

    /// As the superuser.
    pub(crate) async fn run(&self, sql: &str) {
        self.admin.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// What the superuser counts.
    pub(crate) async fn count(&self, what: &str) -> i64 {
        self.admin.query_one(&format!("SELECT count(*) FROM {what}"), &[]).await.unwrap().get(0)
    }

    /// As the application.
    pub(crate) fn pool(&self, size: usize) -> TenantPool {
        self.pool_of(APP, size)
    }

    pub(crate) fn pool_of(&self, role: &str, size: usize) -> TenantPool {
        TenantPool::new(self.connections(role, size))
    }

    pub(crate) fn connections(&self, role: &str, size: usize) -> Pool {
        let mut config = self.database.config();
        config.user(role);
        Pool::builder(Manager::new(config, NoTls)).max_size(size).build().unwrap()
    }
}

/// The number that a query gives without any tenant, on a connection of the pool.
pub(crate) async fn seen_without_tenant(pool: &TenantPool) -> i64 {
    let client = pool.pool().get().await.unwrap();
    client.query_typed_one("SELECT count(*) FROM orders", &[]).await.unwrap().get(0)
}

/// The longest that anything may take here before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Polls a future so many times at the most and drops it then.
pub(crate) async fn polled<T>(future: impl Future<Output = T>, mut times: usize) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(None);
        }
        times -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if times == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The roles are the server's, and so are the same for all tests.
async fn create_roles(server: &Server) {
    static CREATED: OnceLock<Mutex<bool>> = OnceLock::new();
    let mut created = CREATED.get_or_init(Mutex::default).lock().await;
    if *created {
        return;
    }
    let role = |name: &str, options: &str| {
        format!("IF to_regrole('{name}') IS NULL THEN CREATE ROLE {name} LOGIN {options}; END IF;")
    };
    let roles = [
        role(APP, ""),
        role(OWNER, ""),
        role(JOBS, "BYPASSRLS"),
        role(MEMBER, &format!("NOINHERIT IN ROLE {JOBS}")),
        role(SUPERUSER, "SUPERUSER"),
    ];
    // Other test processes do the same: an advisory lock excludes within the database that all connect to here.
    let sql = format!("DO $$ BEGIN PERFORM pg_advisory_xact_lock(20251121); {} END $$", roles.concat());
    server.connect().await.unwrap().batch_execute(&sql).await.unwrap();
    *created = true;
}
