//! What `tables!` declares.

use std::fmt;

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

/// What `tables!` knows of a table; it alone makes them. Names are as in the database, without quotes.
#[non_exhaustive]
pub struct Definition {
    /// The name of the table.
    pub name: &'static str,
    /// The columns in the order of their declaration.
    pub columns: &'static [&'static str],
    /// The columns of the primary key.
    pub key: &'static [&'static str],
    /// The column that says whose the row is; none in a global table.
    pub tenant: Option<&'static str>,
    /// Whether the tenant column may hold a text, which a collation could take for another.
    pub(crate) is_tenant_text: bool,
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
    /// What its rows refer to.
    pub parents: &'static [ForeignKey],
    /// What refers to its rows.
    pub children: &'static [ForeignKey],
}

/// How `tables!` makes one. It holds names and no SQL, and a role is always a column that is there.
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

    const fn role(&self, column: &'static str) -> Option<&'static str> {
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

    /// Whether a row of it may be hidden: deleted, or with its parent.
    pub(crate) fn can_vanish(&self) -> bool {
        self.deleted.is_some() || self.hiding_parents().next().is_some()
    }

    /// The keys to those with which its rows are hidden.
    pub(crate) fn hiding_parents(&self) -> impl Iterator<Item = &'static ForeignKey> {
        self.parents.iter().filter(|key| key.on_soft_delete == OnSoftDelete::HideWithParent)
    }
}

/// Foreign keys lead from table to table and back, so only names are shown.
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
