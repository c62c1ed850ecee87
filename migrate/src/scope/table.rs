//! What `tables!` declares.

use super::value::Parameter;

/// A table, as `tables!` declares it: `orders`, with its columns as fields.
///
/// The value says more than its type: by which name a statement refers to it (`orders.alias("o")`), and which of its
/// rows it means (`orders.with_deleted()`).
#[diagnostic::on_unimplemented(message = "`{Self}` is no table that `tables!` declares")]
pub trait Table: Copy + Send + Sync + 'static {
    /// The type of the primary key; a tuple where it has several columns.
    type Key;

    /// What was declared.
    fn definition() -> &'static Definition;

    /// The table as a statement refers to it.
    fn handle(&self) -> Handle;

    #[doc(hidden)]
    fn key_values(key: Self::Key, each: impl FnMut(Parameter));
}

/// A table whose rows belong to tenants.
#[diagnostic::on_unimplemented(
    message = "the rows of `{Self}` do not belong to tenants",
    note = "a table that `tables!` declares as `global` is written through `Global`"
)]
pub trait TenantTable: Table {}

/// A table that all tenants share.
#[diagnostic::on_unimplemented(
    message = "the rows of `{Self}` belong to tenants",
    note = "use `Scope::tenant(tenant)`, or `Unscoped::because(reason, &audit)` for all of them"
)]
pub trait GlobalTable: Table {}

/// A table whose rows can be deleted softly.
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` cannot be deleted softly",
    note = "say in `tables!` which column holds when a row was deleted: `deleted = deleted_at`, or use `hard_delete`"
)]
pub trait SoftDeletes: Table {}

/// What `tables!` knows of a table; it alone makes them. Names are as in the database, without quotes; texts are SQL.
#[derive(Debug)]
pub struct Definition {
    /// The name of the table.
    pub name: &'static str,
    /// The columns in the order of their declaration.
    pub columns: &'static [&'static str],
    /// How a derived table of it begins: `(SELECT "id", "business_id" FROM "orders"`.
    pub derived: &'static str,
    /// The columns of the primary key.
    pub key: &'static [&'static str],
    /// The column that says whose the row is; none in a global table.
    pub tenant: Option<&'static str>,
    /// What holds for a row of a tenant, up to the value: `"orders"."business_id" = `.
    pub of_tenant: &'static str,
    /// The column that says when the row was deleted.
    pub deleted: Option<&'static str>,
    /// The column that counts the changes of the row.
    pub version: Option<&'static str>,
    /// The column that says who deleted the row.
    pub by: Option<&'static str>,
    /// The column that says why the row was deleted.
    pub reason: Option<&'static str>,
    /// The column that says by which operation the row was deleted.
    pub op: Option<&'static str>,
    /// What holds for a row that is not deleted, as SQL; empty where no row is.
    pub live: &'static str,
    /// What its rows refer to.
    pub parents: &'static [ForeignKey],
    /// What refers to its rows.
    pub children: &'static [ForeignKey],
}

/// A declared foreign key between two tables.
#[derive(Clone, Copy, Debug)]
pub struct ForeignKey {
    /// The table that refers.
    pub child: &'static Definition,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// The table that is referred to.
    pub parent: &'static Definition,
    /// Its columns.
    pub parent_columns: &'static [&'static str],
    /// What becomes of the child when the parent is deleted.
    pub on_soft_delete: OnSoftDelete,
}

impl ForeignKey {
    /// Whether a row refers to one of the same table.
    pub(crate) fn is_circular(&self) -> bool {
        std::ptr::eq(self.child, self.parent)
    }
}

/// What becomes of a row when the one that it refers to is deleted softly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSoftDelete {
    /// It is deleted by the same operation.
    Cascade,
    /// The parent cannot be deleted while it is there.
    Restrict,
    /// It stays.
    Keep,
    /// It has no life of its own: it is seen while its parent is.
    HideWithParent,
}

/// A table as a statement refers to it.
#[derive(Clone, Copy, Debug)]
pub struct Handle {
    pub(crate) table: &'static Definition,
    pub(crate) alias: &'static str,
    pub(crate) rows: Rows,
}

/// Which rows of a table a statement means. Never those of another tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    Live,
    Deleted,
    All,
}

impl Handle {
    #[doc(hidden)]
    pub const fn new(table: &'static Definition) -> Handle {
        Handle { table, alias: table.name, rows: Rows::Live }
    }

    #[doc(hidden)]
    pub const fn name(self) -> &'static str {
        self.alias
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_alias(self, alias: &'static str) -> Handle {
        Handle { alias, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_deleted(self) -> Handle {
        Handle { rows: Rows::All, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn only_deleted(self) -> Handle {
        Handle { rows: Rows::Deleted, ..self }
    }
}
