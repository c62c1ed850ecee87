//! Who may do what: the three values that a statement is made from.
//!
//! A [`Scope`] holds a tenant, [`Global`] holds nothing, [`Unscoped`](super::Unscoped) holds a reason. What comes in
//! is one of them and a table, `Scope::tenant(7)` and `orders`; what goes out is a statement,
//! `Select<Scope, orders>`. Two traits decide at compile time which pairs there are: [`Reads`] and [`Writes`]. The
//! value then travels in the statement as a [`Context`], `Context { tenant: Some(7), actor: None, reach: Tenant }`,
//! from which the writer of the SQL takes the tenant.
//!
//! The traits keep a caller from mistakes, and are no protection against intent: they are open, because `tables!`
//! implements them in the caller's crate. So the writer checks the same again, in every build.

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

/// The right to see and change the rows of one tenant.
///
/// A scope is a value that the application passes on, from the request that it serves to each function that needs
/// rows. It is not a setting of a thread, a connection or the process, so nothing can read the tenant of another
/// request from it. It is cheap to clone, and holds no connection.
///
/// It reads the tables of tenants and the tables that all tenants share. It writes the tables of tenants alone: a
/// shared table is changed through [`Global`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// use migrate::scope::{Global, Scope};
///
/// let bakery = Scope::tenant(1).actor("ada@example.com");
/// assert_eq!(bakery.select(orders).count(&db)?, 3);       // its own rows, whatever else the table holds
/// assert_eq!(bakery.select(currencies).count(&db)?, 2);   // a table that all share
///
/// Global.insert(currencies).set(currencies.code, "CHF").set(currencies.digits, 2).execute(&db)?;
/// # Ok(())
/// # }
/// ```
///
/// Code that writes a shared table through a scope does not compile:
///
/// ```compile_fail
/// use migrate::scope::{Scope, tables};
///
/// tables! {
///     global currencies { code: String, key = code }
/// }
///
/// let _ = Scope::tenant(1).insert(currencies);
/// ```
#[derive(Clone, Debug)]
pub struct Scope {
    tenant: Tenant,
    actor: Option<Arc<str>>,
}

impl Scope {
    /// A scope of the rows of this tenant.
    ///
    /// The library trusts the value. Establish who asks before you make a scope: from a session or a verified token,
    /// never from a field that the client sends.
    pub fn tenant(tenant: impl Into<Tenant>) -> Scope {
        Scope { tenant: tenant.into(), actor: None }
    }

    /// Names who acts: the value that a soft delete writes into the `by` column of the table.
    ///
    /// The `by` column has to be of a text type. Without an actor a soft delete leaves the column as it is.
    #[must_use]
    pub fn actor(self, actor: impl Into<Arc<str>>) -> Scope {
        Scope { actor: Some(actor.into()), ..self }
    }

    /// The tenant whose rows these are.
    pub fn owner(&self) -> &Tenant {
        &self.tenant
    }
}

/// The right to see and change the tables that all tenants share, and no others.
///
/// Such a table is declared as `global` in `tables!`: currencies, countries, price lists.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// use migrate::scope::Global;
///
/// Global.update(currencies).key("JPY".to_owned()).set(currencies.digits, 0).one(&db)?;
/// let codes = Global.select(currencies).columns(currencies.code).order_by(currencies.code.asc()).all(&db)?;
/// assert_eq!(codes, ["EUR", "JPY"]);
/// # Ok(())
/// # }
/// ```
///
/// Exhaustive: the value itself is what callers write.
#[derive(Clone, Copy, Debug)]
pub struct Global;

/// Implements the statements that all three values make. A macro and not a method of [`Access`], so that each page of
/// the documentation lists its own verbs, and a caller imports no trait.
macro_rules! verbs {
    ($for:ty) => {
        impl $for {
            /// Reads rows of a table, and of those that are joined to it. [`Select`] has more examples.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let totals = bakery.select(orders).columns(orders.total).order_by(orders.total.desc()).all(&db)?;
            /// assert_eq!(totals, [120, 80, 30]);
            /// # Ok(())
            /// # }
            /// ```
            pub fn select<T: Table>(&self, table: T) -> Select<Self, T>
            where
                Self: Reads<T>,
            {
                Select::new(self.clone(), table)
            }

            /// Changes live rows of a table. [`Update`] has more examples.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// bakery.update(orders).key(3).set(orders.note, "gift").one(&db)?;
            /// assert_eq!(bakery.update(orders).filter(orders.note.eq("vip")).set(orders.is_paid, true).execute(&db)?, 1);
            /// # Ok(())
            /// # }
            /// ```
            pub fn update<T: Table>(&self, _table: T) -> Update<Self, T>
            where
                Self: Writes<T>,
            {
                Update::new(self.clone())
            }

            /// Marks rows of a table as deleted, together with the rows below them. [`SoftDelete`] says what it takes
            /// along.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let deleted = bakery.soft_delete(orders).key(2).one(&db)?;
            /// assert_eq!(deleted.counts, [("orders", 1)]);
            /// assert_eq!(bakery.select(orders).count(&db)?, 2);
            /// # Ok(())
            /// # }
            /// ```
            pub fn soft_delete<T: SoftDeletes>(&self, _table: T) -> SoftDelete<Self, T>
            where
                Self: Writes<T>,
            {
                SoftDelete::new(self.clone())
            }

            /// Brings softly deleted rows back, together with the rows that the same operation deleted.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// bakery.soft_delete(orders).key(2).one(&db)?;
            /// let restored = bakery.restore(orders).key(2).one(&db)?;
            /// assert_eq!(restored.counts, [("orders", 1)]);
            /// # Ok(())
            /// # }
            /// ```
            pub fn restore<T: SoftDeletes>(&self, _table: T) -> Restore<Self, T>
            where
                Self: Writes<T>,
            {
                Restore::new(self.clone())
            }

            /// Removes rows for good that were deleted softly long enough ago. [`Purge`] says what keeps a row.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let purged = bakery.purge(orders).older_than(days(30)).batch(100).execute(&db)?;
            /// assert_eq!(purged.counts, [("orders", 0)]);   // nothing is in the trash
            /// # Ok(())
            /// # }
            /// ```
            pub fn purge<T: SoftDeletes>(&self, _table: T) -> Purge<Self, T>
            where
                Self: Writes<T>,
            {
                Purge::new(self.clone())
            }

            /// Removes rows for good, at once.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let removed = bakery.hard_delete(orders).filter(orders.total.lt(50)).execute(&db)?;
            /// assert_eq!(removed, 1);
            /// # Ok(())
            /// # }
            /// ```
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

/// Implements the statements that make rows. [`Unscoped`](super::Unscoped) has none: a new row needs an owner.
macro_rules! new_rows {
    ($for:ty) => {
        impl $for {
            /// Adds rows to a table. [`Insert`] shows many rows at once, and rows of a query.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// bakery.insert(orders).set(orders.total, 45).set(orders.customer_id, 1).execute(&db)?;
            /// assert_eq!(bakery.select(orders).count(&db)?, 4);
            /// # Ok(())
            /// # }
            /// ```
            pub fn insert<T: Table>(&self, _table: T) -> Insert<Self, T>
            where
                Self: Writes<T>,
            {
                Insert::new(self.clone())
            }

            /// Adds a row to a table, or changes the row that has the same unique key.
            ///
            /// ```
            /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
            /// # #[cfg(feature = "sqlite")]
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let (db, bakery, cinema) = shop()?;
            /// let eve = bakery.upsert(customers).on(customers.email).set(customers.email, "eve@example.com");
            /// eve.set(customers.name, "Eve").one(&db)?;
            /// assert_eq!(bakery.select(customers).count(&db)?, 2);
            /// # Ok(())
            /// # }
            /// ```
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
///
/// The trait is sealed. Name it to write code that is generic over the three:
///
/// ```
/// use migrate::scope::{Reads, Select, Table};
///
/// fn newest<S: Reads<T>, T: Table>(query: Select<S, T>) -> Select<S, T> {
///     query.limit(10)
/// }
/// ```
pub trait Access: Clone + sealed::Sealed {
    /// The tenant, the actor and the reach that the statement carries.
    #[doc(hidden)]
    fn context(&self) -> Context;

    /// Called before each statement is sent, with all tables that it names. Only `Unscoped` records anything.
    #[doc(hidden)]
    fn record(&self, verb: &'static str, tables: &[&'static str]) -> Result<()> {
        let _ = (verb, tables);
        Ok(())
    }
}

/// Returns the statement once its use is recorded. A statement that has nothing to do is not sent, so it is not
/// recorded.
pub(super) fn recorded<S: Access>(
    scope: &S,
    verb: &'static str,
    statement: Result<Statement>,
) -> Result<Statement> {
    // A statement that is invalid is not recorded: it is not sent either.
    let statement = statement?;
    // Nor is one that has nothing to do, such as an insert of no rows.
    if !statement.is_nothing() {
        scope.record(verb, statement.tables())?;
    }
    Ok(statement)
}

/// Keeps other crates from implementing [`Access`], whose context decides which rows a statement sees.
pub(super) mod sealed {
    pub trait Sealed {}
}

/// Says that rows of the table `T` may be read with it.
#[diagnostic::on_unimplemented(
    message = "the rows of `{T}` belong to tenants, and `{Self}` has no tenant",
    note = "use `Scope::tenant(tenant)`, or `Unscoped::because(reason, &audit)` for the rows of all tenants"
)]
pub trait Reads<T>: Access {}

/// Says that rows of the table `T` may be changed with it.
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

/// How far a statement reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The rows of one tenant, and shared tables.
    Tenant,
    /// Shared tables alone.
    Global,
    /// The rows of all tenants.
    All,
}

impl Context {
    /// Whether a query of this context may be nested in a statement of the other context. A query of another tenant's
    /// rows, or of the rows of all tenants, must not enter through a subquery.
    pub(crate) fn is_admitted_by(&self, outer: &Context) -> bool {
        // Shared rows are the same for everyone, so a query of `Global` may be nested anywhere.
        self.reach == Reach::Global || self.reach == outer.reach && self.tenant == outer.tenant
    }
}
