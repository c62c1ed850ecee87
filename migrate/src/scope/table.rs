//! The tables that `tables!` declares, as types and as values.
//!
//! What comes in is the declaration: `orders { id: i64, business_id: i64, total: i64 }`. The macro writes three
//! things into the caller's crate: a type `orders` that implements [`Table`], a constant `orders` whose fields are
//! the columns, and a static [`Definition`], which holds names and roles and no SQL. What goes out to a statement is
//! a [`Handle`]: the definition, the alias and the rows that are meant, as
//! `Handle { table: orders, alias: "o", rows: Live }`.

use std::fmt;

use super::value::Parameter;

/// A table that `tables!` declares: `orders`, with its columns as fields.
///
/// The value says more than its type: by which name a statement refers to the table, and which of its rows are meant.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let (o, earlier) = (orders.alias("o"), orders.alias("earlier"));
/// let pairs = bakery.select(o).join_on(JoinKind::Inner, earlier, earlier.total.lt(o.total)).count(&db)?;
/// assert_eq!(pairs, 3);
///
/// let trash = bakery.select(customers).left_join(orders.only_deleted()).count(&db)?;
/// assert_eq!(trash, 1);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is not a table that `tables!` declares")]
pub trait Table: Copy + Send + Sync + 'static {
    /// The type of the primary key; a tuple if the key has several columns.
    type Key;

    /// The declaration: names, roles and foreign keys.
    fn definition() -> &'static Definition;

    /// The table as a statement refers to it.
    fn handle(&self) -> Handle;

    /// Passes on the values of a key, one for each of its columns, in their order.
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

/// A table whose rows can be deleted softly: one with a `deleted` column.
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` cannot be deleted softly",
    note = "say in `tables!` which column holds when a row was deleted: `deleted = deleted_at`, or use `hard_delete`"
)]
pub trait SoftDeletes: Table {}

/// The declaration of a table. Only `tables!` makes one.
///
/// Names are as in the database, without quotes. `TABLES`, which `tables!` declares too, is a list of all
/// definitions:
///
/// ```
/// use migrate::scope::tables;
///
/// tables! {
///     tenant = business_id;
///     orders { id: i64, business_id: i64, total: i64 }
/// }
///
/// assert_eq!(TABLES[0].name, "orders");
/// assert_eq!(TABLES[0].columns, ["id", "business_id", "total"]);
/// assert_eq!(TABLES[0].tenant, Some("business_id"));
/// ```
#[non_exhaustive]
pub struct Definition {
    /// The name of the table.
    pub name: &'static str,
    /// The columns in the order of their declaration.
    pub columns: &'static [&'static str],
    /// The columns of the primary key.
    pub key: &'static [&'static str],
    /// The column that says whose the row is; `None` in a global table.
    pub tenant: Option<&'static str>,
    /// Whether the tenant column may hold a text. A collation can hold two texts to be equal, so those are compared
    /// byte by byte as well.
    pub(crate) is_tenant_text: bool,
    /// The column that says when the row was deleted; NULL in a live row.
    pub deleted: Option<&'static str>,
    /// The column that counts the changes of the row.
    pub version: Option<&'static str>,
    /// The column that says who deleted the row.
    pub by: Option<&'static str>,
    /// The column that says why the row was deleted.
    pub reason: Option<&'static str>,
    /// The column that says by which operation the row was deleted.
    pub op: Option<&'static str>,
    /// The foreign keys of this table: what its rows refer to.
    pub parents: &'static [ForeignKey],
    /// The foreign keys of other tables that refer to the rows of this one.
    pub children: &'static [ForeignKey],
}

/// The constructors that `tables!` calls. They take names and no SQL. A role is always a column of the table: another
/// name fails while the caller's crate compiles.
impl Definition {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        columns: &'static [&'static str],
        key: &'static [&'static str],
    ) -> Definition {
        Definition {
            name,
            columns,
            key,
            tenant: None,
            is_tenant_text: false,
            deleted: None,
            version: None,
            by: None,
            reason: None,
            op: None,
            parents: &[],
            children: &[],
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn tenant(self, column: &'static str, is_text: bool) -> Definition {
        Definition { tenant: self.role(column), is_tenant_text: is_text, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn deleted(self, column: &'static str) -> Definition {
        Definition { deleted: self.role(column), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn version(self, column: &'static str) -> Definition {
        Definition { version: self.role(column), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn by(self, column: &'static str) -> Definition {
        Definition { by: self.role(column), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn reason(self, column: &'static str) -> Definition {
        Definition { reason: self.role(column), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn op(self, column: &'static str) -> Definition {
        Definition { op: self.role(column), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn keys(self, parents: &'static [ForeignKey], children: &'static [ForeignKey]) -> Definition {
        Definition { parents, children, ..self }
    }

    /// The column, once it is found among those of the table.
    const fn role(&self, column: &'static str) -> Option<&'static str> {
        // Iterators and `==` on texts are not const yet.
        let mut i = 0;
        while i < self.columns.len() {
            if is_same(self.columns[i], column) {
                return Some(column);
            }
            i += 1;
        }
        panic!("the role is no column of the table")
    }

    /// Whether only the library sets the column.
    pub(crate) fn keeps(&self, column: &str) -> bool {
        let roles = [self.tenant, self.deleted, self.version, self.by, self.reason, self.op];
        roles.into_iter().flatten().any(|kept| kept == column)
    }

    /// Whether a row of the table may be hidden: because it is deleted, or together with its parent.
    pub(crate) fn can_vanish(&self) -> bool {
        self.deleted.is_some() || self.hiding_parents().next().is_some()
    }

    /// The foreign keys to the parents that hide its rows with themselves.
    pub(crate) fn hiding_parents(&self) -> impl Iterator<Item = &'static ForeignKey> {
        self.parents.iter().filter(|key| key.on_soft_delete == OnSoftDelete::HideWithParent)
    }
}

/// Shows names alone: foreign keys lead from table to table and back, so the whole would have no end.
impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("name", &self.name)
            .field("columns", &self.columns)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut i = 0;
    while i < one.len() {
        if one[i] != other[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// A foreign key that `tables!` declares between two tables.
///
/// Exhaustive: `tables!` writes it in the crate of the caller.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let key = &orders::definition().parents[0];
/// assert_eq!((key.child.name, key.columns), ("orders", &["customer_id"][..]));
/// assert_eq!((key.parent.name, key.parent_columns), ("customers", &["id"][..]));
/// assert_eq!(key.on_soft_delete, OnSoftDelete::Cascade);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ForeignKey {
    /// The table that refers.
    pub child: &'static Definition,
    /// The columns of the child.
    pub columns: &'static [&'static str],
    /// The table that is referred to.
    pub parent: &'static Definition,
    /// The columns of the parent, in the same order.
    pub parent_columns: &'static [&'static str],
    /// What happens to the child when its parent is deleted softly.
    pub on_soft_delete: OnSoftDelete,
}

impl ForeignKey {
    /// Whether the table refers to itself, as in a tree.
    pub(crate) fn is_circular(&self) -> bool {
        std::ptr::eq(self.child, self.parent)
    }
}

/// What happens to a row when the row that it refers to is deleted softly.
///
/// It says nothing about hard deletes. For those the foreign key of the database decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnSoftDelete {
    /// The same operation deletes it, and a restore of that operation restores it.
    Cascade,
    /// The parent cannot be deleted while this row is live: [`Error::Restricted`](super::Error::Restricted).
    Restrict,
    /// It stays, and refers to a deleted row.
    Keep,
    /// It has no deletion of its own: statements see it while they see its parent.
    HideWithParent,
}

/// A table as a statement refers to it: which table, by which name, and which of its rows.
#[derive(Clone, Copy, Debug)]
pub struct Handle {
    pub(crate) table: &'static Definition,
    pub(crate) alias: &'static str,
    pub(crate) rows: Rows,
}

/// Which rows of a table a statement means. No value of it means another tenant's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Those that are not deleted.
    Live,
    /// The trash: deleted rows alone.
    Deleted,
    /// Live and deleted rows.
    All,
}

impl Handle {
    #[doc(hidden)]
    pub const fn new(table: &'static Definition) -> Handle {
        Handle { table, alias: table.name, rows: Rows::Live }
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
