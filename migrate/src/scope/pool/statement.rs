//! The statements of a scope, on a pool and in a transaction of its tenant.

use tokio_postgres::Row;

use super::{TenantPool, TenantTransaction};
use crate::scope::error::Result;
use crate::scope::postgres::Ask;
use crate::scope::sql::Statement;

/// A statement without a tenant is of tables that have none, and needs no transaction.
impl Ask for TenantPool {
    async fn rows_of(&self, statement: &Statement) -> Result<Vec<Row>> {
        let lent = self.lend().await?;
        let values = statement.bound();
        let request = lent.query_typed(&statement.text, &values);
        match &statement.tenant {
            Some(tenant) => self.once(&lent, tenant, request).await,
            None => Ok(request.await?),
        }
    }

    async fn count_of(&self, statement: &Statement) -> Result<u64> {
        let lent = self.lend().await?;
        let values = statement.bound();
        let request = lent.execute_typed(&statement.text, &values);
        match &statement.tenant {
            Some(tenant) => self.once(&lent, tenant, request).await,
            None => Ok(request.await?),
        }
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
        statement.tenant.as_ref().map_or(Ok(()), |tenant| self.expect(tenant))
    }
}
