//! Statements on the rows of all tenants, each with a reason that is recorded.
//!
//! What comes in is a reason, an [`Audit`] and a table; what goes out is the same statement that a scope makes,
//! without the tenant's condition. Before it is sent, the audit receives an [`UnscopedUse`], which displays as one
//! line: `unscoped select of orders, customers because: nightly billing (by job:billing)`.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::access::{Access, Context, Reach, Reads, Writes, sealed, verbs};
use super::error::{Error, InvalidStatement, Result};
use super::hard_delete::HardDelete;
use super::purge::Purge;
use super::restore::Restore;
use super::select::Select;
use super::soft_delete::SoftDelete;
use super::table::{SoftDeletes, Table};
use super::update::Update;

/// The right to see and change the rows of all tenants, for a reason that is recorded before each statement is sent.
///
/// It reads, updates, deletes, restores and purges. It does not insert: a new row has an owner, so it is written
/// through a [`Scope`](super::Scope). Soft deletes hold here as well: a deleted row is not seen unless the statement
/// asks for it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// use migrate::scope::{Unscoped, UnscopedUse};
/// use std::sync::Mutex;
///
/// let log = Mutex::new(Vec::new());
/// let audit = |used: &UnscopedUse<'_>| log.lock().unwrap().push(used.to_string());
/// let billing = Unscoped::because("nightly billing", &audit).actor("job:billing");
///
/// assert_eq!(billing.select(orders).count(&db)?, 4);   // the bakery's and the cinema's
/// assert_eq!(*log.lock().unwrap(), ["unscoped select of orders because: nightly billing (by job:billing)"]);
/// # Ok(())
/// # }
/// ```
///
/// Under row-level security it needs a connection of a role that may see all rows: the role of the jobs, see the
/// module `rls`. A `TenantPool` refuses it with [`Error::NotForAllTenants`].
#[derive(Clone)]
pub struct Unscoped<'a> {
    reason: Arc<str>,
    audit: &'a (dyn Audit + Sync),
    actor: Option<Arc<str>>,
}

impl<'a> Unscoped<'a> {
    /// A right to the rows of all tenants, for this reason, recorded by this audit.
    ///
    /// The reason has to say something. With a reason that holds no visible letter or digit no statement is sent:
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (db, bakery, cinema) = shop()?;
    /// let audit = |_: &UnscopedUse<'_>| {};
    /// let refused = Unscoped::because(" - ", &audit).select(orders).count(&db);
    /// assert!(matches!(refused, Err(Error::Invalid(InvalidStatement::NoReason))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn because(reason: impl Into<Arc<str>>, audit: &'a (dyn Audit + Sync)) -> Unscoped<'a> {
        Unscoped { reason: reason.into(), audit, actor: None }
    }

    /// Names who acts: for the record, and for the `by` column of a soft delete.
    #[must_use]
    pub fn actor(self, actor: impl Into<Arc<str>>) -> Unscoped<'a> {
        Unscoped { actor: Some(actor.into()), ..self }
    }
}

impl fmt::Debug for Unscoped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unscoped")
            .field("reason", &self.reason)
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

impl sealed::Sealed for Unscoped<'_> {}
impl<T: Table> Reads<T> for Unscoped<'_> {}
impl<T: Table> Writes<T> for Unscoped<'_> {}

impl Access for Unscoped<'_> {
    fn context(&self) -> Context {
        Context { tenant: None, actor: self.actor.clone(), reach: Reach::All }
    }

    fn record(&self, verb: &'static str, tables: &[&'static str]) -> Result<()> {
        // A blank reason is the one that a hurried caller writes. A length limit would only make it a longer one.
        if !self.reason.contains(is_seen) {
            return Err(InvalidStatement::NoReason.into());
        }
        let table = tables.first().copied().unwrap_or_default();
        let used = UnscopedUse { reason: &self.reason, actor: self.actor.as_deref(), verb, table, tables };
        self.audit.record(&used).map_err(Error::Audit)
    }
}

verbs!(Unscoped<'_>);

/// Where the uses of [`Unscoped`] are recorded.
///
/// A closure that takes a `&UnscopedUse` is an audit. Implement the trait where recording can fail, for example
/// because it writes to a table:
///
/// ```
/// use migrate::scope::{Audit, UnscopedUse};
/// use std::io::Write;
///
/// struct Journal(std::path::PathBuf);
///
/// impl Audit for Journal {
///     fn record(&self, used: &UnscopedUse<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///         let mut file = std::fs::File::options().append(true).create(true).open(&self.0)?;
///         Ok(writeln!(file, "{used}")?)
///     }
/// }
/// ```
pub trait Audit {
    /// Records a statement that is about to be sent.
    ///
    /// # Errors
    ///
    /// Any error that keeps the use from being recorded. The statement is then not sent, and the caller gets
    /// [`Error::Audit`] with this error as its source.
    fn record(&self, used: &UnscopedUse<'_>) -> Result<(), Box<dyn StdError + Send + Sync>>;
}

impl<F: Fn(&UnscopedUse<'_>)> Audit for F {
    fn record(&self, used: &UnscopedUse<'_>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self(used);
        Ok(())
    }
}

/// A statement on the rows of all tenants, as an [`Audit`] receives it. It displays as one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnscopedUse<'a> {
    /// The reason, in the words of [`Unscoped::because`].
    pub reason: &'a str,
    /// Who acts, if [`Unscoped::actor`] named anyone.
    pub actor: Option<&'a str>,
    /// The verb: `select`, `update`, `soft delete`, `restore`, `purge` or `hard delete`.
    pub verb: &'static str,
    /// The table of the verb.
    pub table: &'static str,
    /// All tables that the statement reads and changes: the table of the verb first, then those of joins, of
    /// subqueries and of the rows below.
    pub tables: &'a [&'static str],
}

impl fmt::Display for UnscopedUse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = self.tables.join(", ");
        write!(f, "unscoped {} of {tables} because: {}", self.verb, on_one_line(self.reason))?;
        match self.actor {
            Some(actor) => write!(f, " (by {})", on_one_line(actor)),
            None => Ok(()),
        }
    }
}

/// Whether the character is a letter or digit that shows. Unicode counts the invisible fillers of Hangul as letters.
fn is_seen(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

/// The text without line breaks: a reason must not be able to forge a second line of the log.
fn on_one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}
