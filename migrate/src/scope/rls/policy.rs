//! The migration that puts tables under row-level security.
//!
//! What comes in are tables, with keys and references, and a [`Tenancy`]; what goes out are two texts, [`Scripts`],
//! such as `ALTER TABLE "orders" ENABLE ROW LEVEL SECURITY; …`. It is a pure function: the scripts go into the
//! migrations folder, where they are reviewed like any other.

use super::Tenancy;
use super::name::{TableName, quoted};
use crate::scope::table::{Definition, ForeignKey};

/// A tenant table as [`scripts`] protects it: put together by hand, or as `tables!` [declares](Table::declared) it.
///
/// Each method adds something to the migration. Leave out what the table has already.
#[derive(Clone, Debug)]
pub struct Table {
    name: TableName,
    key: Vec<String>,
    references: Vec<Reference>,
    pages: Option<Pages>,
}

/// The order of the pages of a tenant's rows, and the column that says which rows are deleted.
#[derive(Clone, Debug)]
struct Pages {
    order: String,
    deleted: Option<String>,
}

impl Table {
    /// A table that gets the policies, and a default for its tenant column.
    pub fn new(name: impl Into<TableName>) -> Table {
        Table { name: name.into(), key: Vec::new(), references: Vec::new(), pages: None }
    }

    /// A table as `tables!` declares it: with its key, its references, and for soft deletes the indexes for pages in
    /// the order of its key. `None` for a table that all tenants share.
    ///
    /// ```
    /// use migrate::scope::rls::{self, Table, Tenancy};
    /// use migrate::scope::tables;
    ///
    /// tables! {
    ///     tenant = business_id;
    ///     customers { id: i64, business_id: i64 }
    ///     orders { id: i64, business_id: i64, customer_id: i64, customer_id -> customers }
    ///     global currencies { code: String, key = code }
    /// }
    ///
    /// let declared: Vec<Table> = TABLES.iter().filter_map(|table| Table::declared(table)).collect();
    /// let scripts = rls::scripts(&Tenancy::default(), &declared);
    /// assert!(scripts.up.contains(
    ///     r#"FOREIGN KEY ("business_id", "customer_id") REFERENCES "customers" ("business_id", "id")"#
    /// ));
    /// ```
    pub fn declared(definition: &Definition) -> Option<Table> {
        let tenant = definition.tenant?;
        let mut table = Table::new(definition.name);
        // A key that includes the tenant is unique together with it already.
        if !definition.key.contains(&tenant) {
            table.key = definition.key.iter().map(|&column| column.to_owned()).collect();
        }
        if let (Some(deleted), Some(order)) = (definition.deleted, definition.key.last()) {
            table = table.live_pages_by(order, deleted);
        }
        table.references = definition.parents.iter().filter_map(Reference::declared).collect();
        Some(table)
    }

    /// Makes the tenant and this column unique together, so that [references](Reference) can name both. The index
    /// behind it also finds a tenant's rows.
    ///
    /// ```
    /// use migrate::scope::rls::{Table, Tenancy, scripts};
    ///
    /// let up = scripts(&Tenancy::default(), &[Table::new("orders").key("id")]).up;
    /// assert!(up.contains(r#"ADD CONSTRAINT "orders_business_id_id_key" UNIQUE ("business_id", "id")"#));
    /// ```
    #[must_use]
    pub fn key(mut self, column: &str) -> Table {
        self.key = vec![column.to_owned()];
        self
    }

    /// Adds a foreign key that cannot lead to another tenant.
    #[must_use]
    pub fn reference(mut self, reference: Reference) -> Table {
        self.references.push(reference);
        self
    }

    /// Adds an index for pages of a tenant's rows in the order of this column.
    ///
    /// ```
    /// use migrate::scope::rls::{Table, Tenancy, scripts};
    ///
    /// let up = scripts(&Tenancy::default(), &[Table::new("orders").pages_by("created_at")]).up;
    /// assert!(up.contains(r#"CREATE INDEX "orders_pages" ON "orders" ("business_id", "created_at");"#));
    /// ```
    #[must_use]
    pub fn pages_by(mut self, column: &str) -> Table {
        self.pages = Some(Pages { order: column.to_owned(), deleted: None });
        self
    }

    /// Adds two indexes for a table with soft deletes, whose column `deleted` says when: one for pages of the live
    /// rows in the order of the column `order`, one for the trash.
    ///
    /// ```
    /// use migrate::scope::rls::{Table, Tenancy, scripts};
    ///
    /// let up = scripts(&Tenancy::default(), &[Table::new("orders").live_pages_by("created_at", "deleted_at")]).up;
    /// assert!(up.contains(r#""orders_live" ON "orders" ("business_id", "created_at") WHERE "deleted_at" IS NULL;"#));
    /// assert!(up.contains(r#""orders_trash" ON "orders" ("business_id", "deleted_at") WHERE "deleted_at" IS NOT NULL;"#));
    /// ```
    ///
    /// An index on the time of the deletion alone would serve neither.
    #[must_use]
    pub fn live_pages_by(mut self, order: &str, deleted: &str) -> Table {
        self.pages = Some(Pages { order: order.to_owned(), deleted: Some(deleted.to_owned()) });
        self
    }
}

/// A foreign key of the tenant and one column, to the tenant and the key of another table.
///
/// A plain foreign key accepts the row of another tenant: the server checks it with the rights of the table's owner,
/// and past every policy. `ON DELETE CASCADE` then deletes rows of others.
///
/// ```
/// use migrate::scope::rls::{OnDelete, Reference, Table};
///
/// let lines = Table::new("order_lines").reference(Reference::new("order_id", "orders").on_delete(OnDelete::Cascade));
/// # let _ = lines;
/// ```
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its columns, without the tenant's.
    columns: Vec<String>,
    table: TableName,
    /// The columns that they refer to, in the same order.
    key: Vec<String>,
    on_delete: OnDelete,
    replaced: Option<String>,
}

impl Reference {
    /// From this column to the column `id` of that table, which has to be unique together with the tenant: see
    /// [`Table::key`].
    pub fn new(column: &str, table: impl Into<TableName>) -> Reference {
        Reference {
            columns: vec![column.to_owned()],
            table: table.into(),
            key: vec!["id".to_owned()],
            on_delete: OnDelete::NoAction,
            replaced: None,
        }
    }

    /// A reference as `tables!` declares it; `None` if all tenants share the table that it refers to.
    fn declared(key: &ForeignKey) -> Option<Reference> {
        key.parent.tenant?;
        let is_own = |(column, _): &(&&str, &&str)| Some(**column) != key.child.tenant;
        let pairs = key.columns.iter().zip(key.parent_columns).filter(is_own);
        let (columns, referred) = pairs.map(|(&column, &to)| (column.to_owned(), to.to_owned())).unzip();
        let table = key.parent.name.into();
        Some(Reference { columns, table, key: referred, on_delete: OnDelete::NoAction, replaced: None })
    }

    /// Refers to a column that is not named `id`.
    #[must_use]
    pub fn key(mut self, column: &str) -> Reference {
        self.key = vec![column.to_owned()];
        self
    }

    /// Sets what happens to the row when the row that it refers to is deleted. [`OnDelete::NoAction`] by default.
    #[must_use]
    pub fn on_delete(mut self, action: OnDelete) -> Reference {
        self.on_delete = action;
        self
    }

    /// Replaces the plain foreign key of this name, which has the same columns without the tenant's, and the same
    /// action. The rollback brings it back.
    ///
    /// ```
    /// use migrate::scope::rls::{Reference, Table, Tenancy, scripts};
    ///
    /// let to_customers = Reference::new("customer_id", "customers").replaces("orders_customer_id_fkey");
    /// let scripts = scripts(&Tenancy::default(), &[Table::new("orders").reference(to_customers)]);
    /// assert!(scripts.up.contains(r#"DROP CONSTRAINT "orders_customer_id_fkey";"#));
    /// assert!(scripts.down.contains(r#"FOREIGN KEY ("customer_id") REFERENCES "customers" ("id");"#));
    /// ```
    #[must_use]
    pub fn replaces(mut self, constraint: &str) -> Reference {
        self.replaced = Some(constraint.to_owned());
        self
    }
}

/// What happens to a row when the row that it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDelete {
    /// It keeps the other from being deleted.
    NoAction,
    /// The same, but at once and never deferred.
    Restrict,
    /// It is deleted too.
    Cascade,
    /// Its column becomes NULL, and its tenant stays. PostgreSQL 15 and later.
    SetNull,
}

/// A migration and its rollback.
///
/// Exhaustive: a migration has these two scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripts {
    /// The script that applies it.
    pub up: String,
    /// The script that rolls it back.
    pub down: String,
}

/// The migration that puts tables under row-level security, and its rollback.
///
/// Each table gets: row-level security, enabled, and forced so that it binds the owner too; one permissive policy,
/// because without any no row is shown; and a *restrictive* policy for the tenant, which no further policy can widen
/// ([manual, 5.9](https://www.postgresql.org/docs/current/ddl-rowsecurity.html)). The tenant column gets a default,
/// and keys and foreign keys include the tenant.
///
/// ```
/// use migrate::scope::rls::{self, Reference, Table, Tenancy};
///
/// let scripts = rls::scripts(
///     &Tenancy::default(),
///     &[
///         Table::new("customers").key("id"),
///         Table::new("orders")
///             .key("id")
///             .live_pages_by("created_at", "deleted_at")
///             .reference(Reference::new("customer_id", "customers").replaces("orders_customer_id_fkey")),
///     ],
/// );
/// assert!(scripts.up.contains("ALTER TABLE \"orders\" FORCE ROW LEVEL SECURITY;"));
/// println!("-- up\n{}\n-- down\n{}", scripts.up, scripts.down);
/// ```
///
/// Keys and indexes are built, and foreign keys checked, while writers wait. For big tables in use, make them in
/// migrations of their own (`CREATE UNIQUE INDEX CONCURRENTLY`, `NOT VALID`), and leave them out here.
pub fn scripts(tenancy: &Tenancy, tables: &[Table]) -> Scripts {
    let keys = tables.iter().flat_map(|table| table.keys(tenancy));
    // Foreign keys come before the policies: the check of a new one reads both tables, and under forced policies it
    // would see no rows.
    let references = tables.iter().flat_map(|table| table.foreign_keys(tenancy));
    let policies = tables.iter().flat_map(|table| table.policies(tenancy));
    let changes: Vec<Change> = keys.chain(references).chain(policies).collect();
    Scripts {
        up: changes.iter().map(|change| format!("{};\n", change.up)).collect(),
        // In reverse, so each statement meets what it found.
        down: changes.iter().rev().map(|change| format!("{};\n", change.down)).collect(),
    }
}

/// A statement, and the one that undoes it.
struct Change {
    up: String,
    down: String,
}

impl Table {
    /// The keys and indexes of a table.
    fn keys(&self, tenancy: &Tenancy) -> Vec<Change> {
        let tenant = quoted(&tenancy.column);
        let mut changes = Vec::new();
        if !self.key.is_empty() {
            let name = self.name.derived(&format!("{}_{}_key", tenancy.column, self.key.join("_")));
            changes.push(self.constraint(&name, &format!("UNIQUE ({tenant}, {})", list(&self.key))));
        }
        if let Some(Pages { order, deleted }) = &self.pages {
            let columns = format!("{tenant}, {}", quoted(order));
            match deleted.as_deref().map(quoted) {
                None => changes.push(self.index("pages", &format!("({columns})"))),
                Some(deleted) => {
                    changes.push(self.index("live", &format!("({columns}) WHERE {deleted} IS NULL")));
                    let trash = format!("({tenant}, {deleted}) WHERE {deleted} IS NOT NULL");
                    changes.push(self.index("trash", &trash));
                }
            }
        }
        changes
    }

    /// The foreign keys of a table.
    fn foreign_keys(&self, tenancy: &Tenancy) -> Vec<Change> {
        let tenant = quoted(&tenancy.column);
        let mut changes = Vec::new();
        for reference in &self.references {
            let (columns, key) = (list(&reference.columns), list(&reference.key));
            let name = format!("{}_{}_fkey", tenancy.column, reference.columns.join("_"));
            let action = match reference.on_delete {
                OnDelete::NoAction => String::new(),
                OnDelete::Restrict => " ON DELETE RESTRICT".to_owned(),
                OnDelete::Cascade => " ON DELETE CASCADE".to_owned(),
                OnDelete::SetNull => format!(" ON DELETE SET NULL ({columns})"),
            };
            let to = &reference.table;
            changes.push(self.constraint(
                &self.name.derived(&name),
                &format!("FOREIGN KEY ({tenant}, {columns}) REFERENCES {to} ({tenant}, {key}){action}"),
            ));
            if let Some(replaced) = &reference.replaced {
                // The plain key has no list of columns in its action, and PostgreSQL prints one that has as another
                // key.
                let action =
                    if reference.on_delete == OnDelete::SetNull { " ON DELETE SET NULL" } else { &action };
                let plain = format!("FOREIGN KEY ({columns}) REFERENCES {to} ({key}){action}");
                let Change { up, down } = self.constraint(replaced, &plain);
                changes.push(Change { up: down, down: up });
            }
        }
        changes
    }

    /// The default of the tenant column, and the two policies.
    fn policies(&self, tenancy: &Tenancy) -> Vec<Change> {
        let (table, tenant) = (&self.name, quoted(&tenancy.column));
        let alter = |what: &str| format!("ALTER TABLE {table} {what}");
        // As a subquery it is computed once and not for each row, and an index still serves it.
        let own = format!("{tenant} = (SELECT {})", tenancy.current());
        let (base, only) = (quoted(BASE), quoted(TENANT));
        vec![
            Change {
                up: alter(&format!("ALTER COLUMN {tenant} SET DEFAULT {}", tenancy.current())),
                down: alter(&format!("ALTER COLUMN {tenant} DROP DEFAULT")),
            },
            Change { up: alter("ENABLE ROW LEVEL SECURITY"), down: alter("DISABLE ROW LEVEL SECURITY") },
            Change { up: alter("FORCE ROW LEVEL SECURITY"), down: alter("NO FORCE ROW LEVEL SECURITY") },
            Change {
                up: format!("CREATE POLICY {base} ON {table} USING (true) WITH CHECK (true)"),
                down: format!("DROP POLICY {base} ON {table}"),
            },
            Change {
                up: format!(
                    "CREATE POLICY {only} ON {table} AS RESTRICTIVE\n    USING ({own})\n    WITH CHECK ({own})"
                ),
                down: format!("DROP POLICY {only} ON {table}"),
            },
        ]
    }

    /// Adds a constraint.
    fn constraint(&self, name: &str, definition: &str) -> Change {
        let (table, name) = (&self.name, quoted(name));
        Change {
            up: format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"),
            down: format!("ALTER TABLE {table} DROP CONSTRAINT {name}"),
        }
    }

    /// Adds an index.
    fn index(&self, rest: &str, definition: &str) -> Change {
        let (table, name) = (&self.name, self.name.derived(rest));
        Change {
            up: format!("CREATE INDEX {} ON {table} {definition}", quoted(&name)),
            down: format!("DROP INDEX {}", table.beside(&name)),
        }
    }
}

/// Columns as SQL.
fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

/// The policy that admits every row, so that the other policy has something to restrict.
const BASE: &str = "base";
/// The policy that admits the tenant's rows alone.
const TENANT: &str = "tenant";
