use std::sync::Arc;

use super::error::Result;
use super::hard_delete::HardDelete;
use super::insert::Insert;
use super::purge::Purge;
use super::restore::Restore;
use super::select::Select;
use super::soft_delete::SoftDelete;
use super::sql::Statement;
use super::table::{GlobalTable, SoftDeletes, Table, TenantTable};
use super::tenant::Tenant;
use super::update::Update;
use super::upsert::Upsert;

/// The right to see and change the rows of one tenant: a value that is passed on, not a setting that is somewhere.
///
/// It reads the tables of tenants and those that all share, and writes the tables of tenants alone.
#[derive(Clone, Debug)]
pub struct Scope {
    tenant: Tenant,
    actor: Option<Arc<str>>,
}

impl Scope {
    /// The rows of a tenant.
    pub fn tenant(tenant: impl Into<Tenant>) -> Scope {
        Scope { tenant: tenant.into(), actor: None }
    }

    /// Who acts: for the `by` column of a soft delete.
    #[must_use]
    pub fn actor(self, actor: impl Into<Arc<str>>) -> Scope {
        Scope { actor: Some(actor.into()), ..self }
    }

    /// Whose rows these are.
    pub fn owner(&self) -> &Tenant {
        &self.tenant
    }
}

/// The right to see and change the tables that all tenants share, and no others.
#[derive(Clone, Copy, Debug)]
pub struct Global;

/// The statements that are made from it.
macro_rules! verbs {
    ($for:ty) => {
        impl $for {
            /// Reads rows of a table, and of those that are joined to it.
            pub fn select<T: Table>(&self, table: T) -> Select<Self, T>
            where
                Self: Reads<T>,
            {
                Select::new(self.clone(), table)
            }

            /// Changes rows of a table.
            pub fn update<T: Table>(&self, _table: T) -> Update<Self, T>
            where
                Self: Writes<T>,
            {
                Update::new(self.clone())
            }

            /// Deletes rows of a table, so that they can be restored, and what hangs on them.
            pub fn soft_delete<T: SoftDeletes>(&self, _table: T) -> SoftDelete<Self, T>
            where
                Self: Writes<T>,
            {
                SoftDelete::new(self.clone())
            }

            /// Brings deleted rows back, and what went with them.
            pub fn restore<T: SoftDeletes>(&self, _table: T) -> Restore<Self, T>
            where
                Self: Writes<T>,
            {
                Restore::new(self.clone())
            }

            /// Takes rows out of the database that have been deleted for long enough.
            pub fn purge<T: SoftDeletes>(&self, _table: T) -> Purge<Self, T>
            where
                Self: Writes<T>,
            {
                Purge::new(self.clone())
            }

            /// Takes rows out of the database at once.
            pub fn hard_delete<T: Table>(&self, _table: T) -> HardDelete<Self, T>
            where
                Self: Writes<T>,
            {
                HardDelete::new(self.clone())
            }
        }
    };
}
pub(super) use verbs;

/// The statements that make rows of their own.
macro_rules! new_rows {
    ($for:ty) => {
        impl $for {
            /// Adds rows to a table.
            pub fn insert<T: Table>(&self, _table: T) -> Insert<Self, T>
            where
                Self: Writes<T>,
            {
                Insert::new(self.clone())
            }

            /// Adds a row to a table, or changes the one that is there.
            pub fn upsert<T: Table>(&self, _table: T) -> Upsert<Self, T>
            where
                Self: Writes<T>,
            {
                Upsert::new(self.clone())
            }
        }
    };
}

verbs!(Scope);
verbs!(Global);
new_rows!(Scope);
new_rows!(Global);

/// What a statement is made from: [`Scope`], [`Global`] or [`Unscoped`](super::Unscoped).
pub trait Access: Clone + sealed::Sealed {
    #[doc(hidden)]
    fn context(&self) -> Context;

    /// Called before each statement is sent, with all tables that it names.
    #[doc(hidden)]
    fn record(&self, verb: &'static str, tables: &[&'static str]) -> Result<()> {
        let _ = (verb, tables);
        Ok(())
    }
}

/// The statement, if its use could be recorded.
pub(super) fn recorded<S: Access>(
    scope: &S,
    verb: &'static str,
    statement: Result<Statement>,
) -> Result<Statement> {
    let statement = statement?;
    if !statement.is_nothing() {
        scope.record(verb, statement.tables())?;
    }
    Ok(statement)
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// What may be read with it.
#[diagnostic::on_unimplemented(
    message = "the rows of `{T}` belong to tenants, and `{Self}` has none",
    note = "use `Scope::tenant(tenant)`, or `Unscoped::because(reason, &audit)` for the rows of all tenants"
)]
pub trait Reads<T>: Access {}

/// What may be written with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not write `{T}`",
    note = "tables of tenants are written through a `Scope`, tables that all share through `Global`"
)]
pub trait Writes<T>: Access {}

impl sealed::Sealed for Scope {}
impl<T: Table> Reads<T> for Scope {}
impl<T: TenantTable> Writes<T> for Scope {}

impl Access for Scope {
    fn context(&self) -> Context {
        Context { tenant: Some(self.tenant.clone()), actor: self.actor.clone(), reach: Reach::Tenant }
    }
}

impl sealed::Sealed for Global {}
impl<T: GlobalTable> Reads<T> for Global {}
impl<T: GlobalTable> Writes<T> for Global {}

impl Access for Global {
    fn context(&self) -> Context {
        Context { tenant: None, actor: None, reach: Reach::Global }
    }
}

/// Whose rows a statement is about, and who acts.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) tenant: Option<Tenant>,
    pub(crate) actor: Option<Arc<str>>,
    pub(crate) reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Tenant,
    Global,
    All,
}

impl Context {
    /// Whether a query of this context may stand inside a statement of the other. One of another tenant's or of all
    /// tenants' rows must not come in through a subquery.
    pub(crate) fn is_admitted_by(&self, outer: &Context) -> bool {
        self.reach == Reach::Global || self.reach == outer.reach && self.tenant == outer.tenant
    }
}
