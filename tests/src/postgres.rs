use std::sync::Arc;

use deadpool_postgres::{Manager, Pool};
use migrate::scope::TenantPool;
use migrate::scope::rls::{self, ColumnType, Table, Tenancy};
use migrate::testing::{Server, TestDatabase};
use migrate::{Database, Dialect, Error};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::{Rows, Sandbox};

/// A database on the shared server, through a pool of one connection.
#[derive(Debug)]
pub struct PostgresPool {
    pool: Pool,
    database: Arc<TestDatabase>,
}

impl PostgresPool {
    fn open(database: Arc<TestDatabase>) -> PostgresPool {
        let pool = Pool::builder(Manager::new(database.config(), NoTls)).max_size(1).build().unwrap();
        PostgresPool { pool, database }
    }

    /// The pool.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The database.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }
}

/// A database on the shared server, through a client without a pool.
#[derive(Debug)]
pub struct PostgresClient {
    client: Client,
    database: Arc<TestDatabase>,
}

impl PostgresClient {
    async fn open(database: Arc<TestDatabase>) -> PostgresClient {
        PostgresClient { client: database.connect().await.unwrap(), database }
    }

    /// A client of the database of a pool.
    pub async fn of(pool: &PostgresPool) -> PostgresClient {
        PostgresClient::open(Arc::clone(&pool.database)).await
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// A database whose tables are under row-level security. Statements of a scope come from a role that it binds, through
/// the pool of a tenant; everything else comes from the superuser.
#[derive(Debug)]
pub struct PostgresProtected {
    pool: Pool,
    tenants: TenantPool,
    database: Arc<TestDatabase>,
}

impl PostgresProtected {
    const ROLE: &str = "migrate_test_bound";

    fn open(database: Arc<TestDatabase>) -> PostgresProtected {
        let mut config = database.config();
        config.user(PostgresProtected::ROLE);
        let tenants = Pool::builder(Manager::new(config, NoTls)).max_size(1).build().unwrap();
        let tenancy = Tenancy::new("business_id", ColumnType::BigInt);
        PostgresProtected {
            tenants: TenantPool::with_tenancy(tenants, tenancy),
            pool: PostgresPool::open(Arc::clone(&database)).pool,
            database,
        }
    }

    /// The pool of the role that is bound.
    pub fn tenants(&self) -> &TenantPool {
        &self.tenants
    }

    /// Puts the tables that are there under row-level security.
    pub async fn protect(&mut self) {
        let with_tenant = "SELECT table_name FROM information_schema.columns
                           WHERE table_schema = 'public' AND column_name = 'business_id' ORDER BY 1";
        let tables = self.column(with_tenant).await;
        let protected: Vec<Table> = tables.iter().map(|name| Table::new(name.as_str())).collect();
        let role = PostgresProtected::ROLE;
        // The role is the server's, and so is the same for all tests.
        self.execute(&format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; {}",
            rls::scripts(self.tenants.tenancy(), &protected).up
        ))
        .await;
        // A role that the policies do not bind would let every test pass.
        let bound = self.tenants.pool().get().await.unwrap();
        for table in tables {
            let active = format!("SELECT row_security_active('{table}')");
            assert_eq!(query(&bound, &active).await, [["t"]], "{table}");
        }
    }
}

async fn empty_database(hint: &str) -> Arc<TestDatabase> {
    Arc::new(Server::shared().unwrap().create_database(hint).await.unwrap())
}

/// What both ways to PostgreSQL have in common: `$database` is what a verb takes, `$client` a client.
macro_rules! postgres_sandbox {
    ($sandbox:ident, $this:ident, open: $open:expr, verbs: $verbs:ty = $database:expr, client: $client:expr) => {
        impl Sandbox for $sandbox {
            const DIALECT: Dialect = Dialect::Postgres;
            const SYNTAX_ERROR: &'static str = "42601";
            const DUPLICATE_KEY: &'static str = "23505";
            const FOREIGN_KEY: &'static str = "23503";
            const ALONE: &'static str = "CREATE INDEX CONCURRENTLY box_label ON box (label)";

            type Verbs<'a> = $verbs;

            async fn create(hint: &str) -> $sandbox {
                $open(empty_database(hint).await).await
            }

            async fn beside(&self) -> $sandbox {
                $open(Arc::clone(&self.database)).await
            }

            fn for_verbs(&mut self) -> Self::Verbs<'_> {
                let $this = self;
                $database
            }

            async fn answered<'a, T: Send + 'a>(
                answer: <Self::Verbs<'a> as Database>::Answer<'a, T>,
            ) -> Result<T, Error> {
                answer.await
            }

            async fn name(&mut self) -> String {
                self.column("SELECT current_database()").await.swap_remove(0)
            }

            async fn execute(&mut self, sql: &str) {
                let $this = self;
                $client.batch_execute(sql).await.unwrap();
            }

            async fn rows(&mut self, sql: &str) -> Rows {
                let $this = self;
                query(&$client, sql).await
            }

            async fn schema(&mut self) -> String {
                let lines = self.column(SCHEMA).await;
                lines.join("\n")
            }

            async fn tables(&mut self) -> Vec<String> {
                let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'
                              AND tablename !~ '^migrate_(history|log|schema)$' ORDER BY 1";
                self.column(tables).await
            }
        }
    };
}

postgres_sandbox!(
    PostgresPool, this,
    open: async |database| PostgresPool::open(database),
    verbs: &'a Pool = &this.pool,
    client: this.pool.get().await.unwrap()
);
postgres_sandbox!(
    PostgresProtected, this,
    open: async |database| PostgresProtected::open(database),
    verbs: &'a Pool = &this.pool,
    client: this.pool.get().await.unwrap()
);
postgres_sandbox!(
    PostgresClient, this,
    open: PostgresClient::open,
    verbs: &'a mut Client = &mut this.client,
    client: this.client
);

/// The rows of a query, as text.
pub async fn query(client: &Client, sql: &str) -> Rows {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| (0..row.len()).map(|i| row.get(i).unwrap_or("NULL").to_owned()).collect()).collect()
}

/// Everything that a script can make, a line for each, in the words of the server.
const SCHEMA: &str = "
    WITH ours AS (
        SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    ), relations AS (
        SELECT c.*, nspname || '.' || relname AS called FROM pg_class c JOIN ours ON ours.oid = relnamespace
        WHERE relname !~ '^migrate_(history|log|schema)'
    )
    SELECT 'schema ' || nspname AS line FROM ours
    UNION ALL
    SELECT 'relation ' || relkind::text || ' ' || called || ' ' || coalesce(reloptions::text, '') FROM relations
    UNION ALL
    SELECT 'column ' || called || ' ' || row_number() OVER (PARTITION BY called ORDER BY attnum) || ' ' || attname
        || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || attidentity::text || attgenerated::text
        || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
    FROM relations JOIN pg_attribute ON attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE relkind <> 'i'
    UNION ALL
    SELECT 'constraint ' || called || ' ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
        || ' ' || convalidated
    FROM relations JOIN pg_constraint ON conrelid = relations.oid
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(indexrelid) || ' ' || indisvalid
    FROM relations JOIN pg_index ON indexrelid = relations.oid
    UNION ALL
    SELECT 'view ' || called || ' ' || pg_get_viewdef(oid) FROM relations WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT 'trigger ' || pg_get_triggerdef(pg_trigger.oid) || ' ' || tgenabled::text
    FROM relations JOIN pg_trigger ON tgrelid = relations.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function ' || pg_get_functiondef(pg_proc.oid) FROM pg_proc JOIN ours ON ours.oid = pronamespace
    WHERE prokind IN ('f', 'p')
    UNION ALL
    SELECT 'type ' || nspname || '.' || typname || ' ' || typtype::text || ' '
        || coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid), '')
    FROM pg_type JOIN ours ON ours.oid = typnamespace WHERE typtype IN ('e', 'd', 'r') OR typrelid = 0
        AND typname !~ '^_'
    UNION ALL
    SELECT 'policy ' || called || ' ' || polname || ' ' || coalesce(pg_get_expr(polqual, polrelid), '')
    FROM relations JOIN pg_policy ON polrelid = relations.oid
    ORDER BY line";
