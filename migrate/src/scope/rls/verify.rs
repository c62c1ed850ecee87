//! The check at the start of the application that row-level security holds.
//!
//! What comes in is a pool; what goes out is [`Verified`], with the protected tables, or all holes at once. It asks
//! the catalog first (`holes.sql`), then compares the tables with `tables!`, then tries the policies, all in one
//! transaction that is rolled back.

use std::fmt;

use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::Tenancy;
use super::declared;
use super::hole::{Hole, Reason};
use super::probe;
use super::wall::predicates;
use crate::scope::error::Error;
use crate::scope::pool::{TEMPORARY_LAST, TenantPool};
use crate::scope::table::Definition;

/// Checks in the database whether row-level security holds for the role of this pool.
///
/// ```no_run
/// # use migrate::scope::{TenantPool, rls};
/// # async fn start(pool: TenantPool) -> Result<(), Box<dyn std::error::Error>> {
/// let verified = rls::verify(&pool).await?;
/// println!("row-level security holds for {}", verified.tables().join(", "));
/// # Ok(())
/// # }
/// ```
///
/// Call it when the application starts, after the migrations. One query over the catalog looks for every known
/// [`Reason`]; then the tables are read and written as a tenant that does not exist, in a transaction that is rolled
/// back. Only what the role can reach counts, or a role that it can become: a table on which it has no privilege is
/// not a hole.
///
/// It is strict. A policy protects a table if it compares the tenant column with the setting and does nothing else. A
/// table without the tenant column, in a schema in which others have it, has to be declared as shared by all tenants:
/// see [`Check::declared`]. And a role that serves tenants may leave nothing for the next tenant: it may make neither
/// temporary tables nor others. By default every role may make temporary ones, and before PostgreSQL 15 tables in
/// `public`. So the migration that makes the role says
///
/// ```sql
/// REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC;
/// REVOKE CREATE ON SCHEMA public FROM PUBLIC;
/// ```
///
/// It costs about ten round trips, and two for each table that the role may write.
///
/// # Errors
///
/// [`VerifyError::Holes`] with everything that it found; [`VerifyError::Database`] if the database cannot be asked.
pub async fn verify(pool: &TenantPool) -> Result<Verified, VerifyError> {
    Check::new().run(pool).await
}

/// [`verify`], with exceptions.
///
/// ```no_run
/// # use migrate::scope::TenantPool;
/// # use migrate::scope::rls::{self, Reason};
/// # async fn start(pool: TenantPool) -> Result<(), rls::VerifyError> {
/// // This function finds the user of any tenant: that is its purpose.
/// rls::Check::new().accept(Reason::DefinerFunction, "public.login(text)").run(&pool).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Check {
    accepted: Vec<(Reason, String)>,
    declared: Vec<&'static Definition>,
}

impl Check {
    /// A check without exceptions.
    pub fn new() -> Check {
        Check::default()
    }

    /// Accepts this hole in this [object](Hole::object), written as the hole names it.
    #[must_use]
    pub fn accept(mut self, reason: Reason, object: &str) -> Check {
        self.accepted.push((reason, object.to_owned()));
        self
    }

    /// Compares the database with what `tables!` declares: tables of tenants exist and have the tenant column; those
    /// that are `global` need none.
    ///
    /// ```no_run
    /// # use migrate::scope::TenantPool;
    /// # use migrate::scope::rls;
    /// mod db {
    ///     migrate::scope::tables! {
    ///         tenant = business_id;
    ///         orders { id: i64, business_id: uuid::Uuid }
    ///         global currencies { key = code, code: String }
    ///     }
    /// }
    ///
    /// # async fn start(pool: TenantPool) -> Result<(), rls::VerifyError> {
    /// rls::Check::new().declared(db::TABLES).run(&pool).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn declared(mut self, tables: &[&'static Definition]) -> Check {
        self.declared.extend(tables);
        self
    }

    /// Runs the check.
    ///
    /// # Errors
    ///
    /// As for [`verify`].
    pub async fn run(&self, pool: &TenantPool) -> Result<Verified, VerifyError> {
        let lent = pool.lend().await?;
        // If this future is dropped, the connection is closed.
        lent.enter();
        // In a transaction that someone left open this fails, while a plain BEGIN would only warn.
        lent.batch_execute("BEGIN NOT DEFERRABLE").await?;
        let (mut holes, tables) = self.look(&lent, pool.tenancy()).await?;
        lent.batch_execute("ROLLBACK").await?;
        lent.leave();
        holes.retain(|hole| !self.accepts(hole));
        if holes.is_empty() { Ok(Verified { tables }) } else { Err(VerifyError::Holes(Holes(holes))) }
    }

    /// The holes, and the tables that the role reaches.
    async fn look(&self, client: &Client, tenancy: &Tenancy) -> Result<(Vec<Hole>, Vec<String>), Error> {
        client.query_typed(TEMPORARY_LAST, &[]).await?;
        let declared = declared::look(client, tenancy, &self.declared).await?;
        // The query over the catalog reads predicates as text. With this path every name shows its schema, unless it
        // is PostgreSQL's own.
        client.batch_execute("SAVEPOINT look; SET LOCAL search_path = pg_catalog, pg_temp").await?;
        let predicates = predicates(tenancy);
        let values: [(&(dyn ToSql + Sync), Type); 4] = [
            (&tenancy.column, Type::TEXT),
            (&tenancy.setting, Type::TEXT),
            (&predicates, Type::TEXT_ARRAY),
            (&declared.shared, Type::OID_ARRAY),
        ];
        let rows = client.query_typed(include_str!("holes.sql"), &values).await?;
        let tables = probe::tables(client, tenancy).await?;
        client.batch_execute("ROLLBACK TO SAVEPOINT look; RELEASE SAVEPOINT look").await?;
        let found = rows.iter().map(hole).collect::<Result<Vec<_>, _>>()?;
        let is_known = |found: &Hole| declared.holes.iter().any(|hole| hole == found);
        let mut holes: Vec<Hole> = found.into_iter().filter(|hole| !is_known(hole)).collect();
        holes.extend(declared.holes);
        // If no policy applies, or every query fails, there is nothing left to try.
        let is_moot = |hole: &Hole| {
            matches!(hole.reason, Reason::Superuser | Reason::BypassesRls | Reason::RowSecurityOff)
        };
        if !holes.iter().any(is_moot) {
            let explains = |hole: &&Hole| hole.opens_table() && !self.accepts(hole);
            let known: Vec<String> = holes.iter().filter(explains).map(|hole| hole.object.clone()).collect();
            let is_preset = holes.iter().any(|hole| hole.reason == Reason::TenantPreset);
            let probed = probe::holes(client, tenancy, &tables, is_preset).await?;
            holes.extend(probed.into_iter().filter(|hole| !known.contains(&hole.object)));
        }
        Ok((holes, tables.into_iter().map(|table| table.called).collect()))
    }

    /// Whether the caller accepts the hole.
    fn accepts(&self, hole: &Hole) -> bool {
        self.accepted.iter().any(|(reason, object)| *reason == hole.reason && *object == hole.object)
    }
}

/// A hole from a row of the catalog's answer.
fn hole(row: &tokio_postgres::Row) -> Result<Hole, tokio_postgres::Error> {
    let reason = Reason::from_name(row.try_get(0)?).expect("holes.sql knows the names of Reason alone");
    Ok(Hole { reason, object: row.try_get(1)?, detail: row.try_get(2)? })
}

/// The proof that row-level security held when it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    tables: Vec<String>,
}

impl Verified {
    /// The tables with the tenant column that the role reaches, as SQL writes them.
    pub fn tables(&self) -> &[String] {
        &self.tables
    }
}

/// Why row-level security could not be verified.
///
/// ```
/// use migrate::scope::rls::{Reason, VerifyError};
///
/// /// Whether the only fault is speed.
/// fn is_only_slow(error: &VerifyError) -> bool {
///     match error {
///         VerifyError::Holes(holes) => holes.iter().all(|hole| hole.reason() == Reason::NoTenantIndex),
///         _ => false,
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyError {
    /// It does not hold.
    Holes(Holes),
    /// The database could not be asked, or a policy fails instead of answering.
    Database(Error),
}

/// All holes that were found, at least one. It displays one paragraph for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holes(Vec<Hole>);

impl Holes {
    /// The holes, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Hole> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Holes {
    type Item = &'a Hole;
    type IntoIter = std::slice::Iter<'a, Hole>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Holes(Holes(holes)) => {
                f.write_str("row-level security does not hold for this role:")?;
                holes.iter().try_for_each(|hole| write!(f, "\n- {hole}"))
            }
            VerifyError::Database(_) => f.write_str("cannot verify row-level security"),
        }
    }
}

impl std::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            VerifyError::Holes(_) => None,
            VerifyError::Database(error) => Some(error),
        }
    }
}

impl From<Error> for VerifyError {
    fn from(error: Error) -> VerifyError {
        VerifyError::Database(error)
    }
}

impl From<tokio_postgres::Error> for VerifyError {
    fn from(error: tokio_postgres::Error) -> VerifyError {
        VerifyError::Database(error.into())
    }
}
