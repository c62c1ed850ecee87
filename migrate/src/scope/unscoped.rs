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

/// The way out: the rows of all tenants, with a reason that is recorded for each statement before it is sent.
///
/// It reads, updates, deletes, restores and purges. New rows belong to somebody, so they are written through a
/// [`Scope`](super::Scope). Soft deletes hold here as well.
///
/// ```
/// use migrate::scope::{Unscoped, UnscopedUse};
///
/// let audit = |used: &UnscopedUse<'_>| println!("{used}");
/// let billing = Unscoped::because("nightly billing", &audit).actor("job:billing");
/// # let _ = billing;
/// ```
///
/// Under row-level security it needs a connection of a role that may see all rows: that of the jobs.
#[derive(Clone)]
pub struct Unscoped<'a> {
    reason: Arc<str>,
    audit: &'a (dyn Audit + Sync),
    actor: Option<Arc<str>>,
}

impl<'a> Unscoped<'a> {
    /// All tenants, because of this, told to that.
    ///
    /// The reason has to say something: with one that holds no letter or digit no statement is sent, and the answer is
    /// [`InvalidStatement::NoReason`].
    pub fn because(reason: impl Into<Arc<str>>, audit: &'a (dyn Audit + Sync)) -> Unscoped<'a> {
        Unscoped { reason: reason.into(), audit, actor: None }
    }

    /// Who acts: for the record, and for the `by` column of a soft delete.
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
        if !self.reason.contains(is_seen) {
            return Err(InvalidStatement::NoReason.into());
        }
        let table = tables.first().copied().unwrap_or_default();
        let used = UnscopedUse { reason: &self.reason, actor: self.actor.as_deref(), verb, table, tables };
        self.audit.record(&used).map_err(Error::Audit)
    }
}

verbs!(Unscoped<'_>);

/// Where the uses of [`Unscoped`] are recorded. A closure that takes a `&UnscopedUse` is one.
pub trait Audit {
    /// Records a statement that is about to be sent.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being recorded. The statement is then not sent.
    fn record(&self, used: &UnscopedUse<'_>) -> Result<(), Box<dyn StdError + Send + Sync>>;
}

impl<F: Fn(&UnscopedUse<'_>)> Audit for F {
    fn record(&self, used: &UnscopedUse<'_>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self(used);
        Ok(())
    }
}

/// A statement on the rows of all tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnscopedUse<'a> {
    /// Why, in the words of [`Unscoped::because`].
    pub reason: &'a str,
    /// Who acts, if that was said.
    pub actor: Option<&'a str>,
    /// What is done: `select`, `update`, `soft delete`, ….
    pub verb: &'static str,
    /// On which table.
    pub table: &'static str,
    /// All tables that the statement reads and changes: that of the verb first, then those of joins, of subqueries and
    /// of what hangs on the rows.
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

/// Whether it is a letter or digit that shows. The fillers of Hangul are letters too, to Unicode.
fn is_seen(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

/// A record is a line, and what is written into it does not begin another.
fn on_one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}
