//! The statements of a scope, on a pool and in a transaction of its tenant.

use tokio_postgres::Row;

use super::{TenantPool, TenantTransaction};
use crate::scope::error::{Error, Result};
use crate::scope::postgres::Ask;
use crate::scope::sql::Statement;

/// A statement without a tenant is of tables that have none. It runs in a transaction too: there no temporary table
/// stands before the one that it names.
impl Ask for TenantPool {
    async fn rows_of(&self, statement: &Statement) -> Result<Vec<Row>> {
        refuse_unscoped(statement)?;
        let lent = self.lend().await?;
        let values = statement.bound();
        self.once(&lent, statement.tenant.as_ref(), lent.query_typed(&statement.text, &values)).await
    }

    async fn count_of(&self, statement: &Statement) -> Result<u64> {
        refuse_unscoped(statement)?;
        let lent = self.lend().await?;
        let values = statement.bound();
        self.once(&lent, statement.tenant.as_ref(), lent.execute_typed(&statement.text, &values)).await
    }
}

impl Ask for TenantTransaction {
    async fn rows_of(&self, statement: &Statement) -> Result<Vec<Row>> {
        self.admit(statement)?;
        let lent = self.lent().await?;
        self.ask(lent, lent.query_typed(&statement.text, &statement.bound())).await
    }

    async fn count_of(&self, statement: &Statement) -> Result<u64> {
        self.admit(statement)?;
        let lent = self.lent().await?;
        self.ask(lent, lent.execute_typed(&statement.text, &statement.bound())).await
    }
}

impl TenantTransaction {
    fn admit(&self, statement: &Statement) -> Result<()> {
        refuse_unscoped(statement)?;
        statement.tenant.as_ref().map_or(Ok(()), |tenant| self.expect(tenant))
    }
}

/// It would find no rows or those of one tenant, and nobody would be told.
fn refuse_unscoped(statement: &Statement) -> Result<()> {
    if statement.is_unscoped() { Err(Error::NotForAllTenants) } else { Ok(()) }
}
