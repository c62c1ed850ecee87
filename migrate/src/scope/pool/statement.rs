//! The statements of a scope, on a pool of tenants and in a transaction of a tenant.
//!
//! What comes in is a [`Statement`] that knows its tenant; what goes out is its answer, or a refusal: a transaction
//! takes statements of its own tenant alone, and neither takes one that is about all tenants.

use tokio_postgres::Row;

use super::{TenantPool, TenantTransaction};
use crate::scope::error::{Error, Result};
use crate::scope::postgres::{Answer, Ask, Wanted};
use crate::scope::sql::Statement;
use crate::scope::tenant::Tenant;

/// A statement without a tenant is about shared tables. It runs in a transaction too, because there no temporary
/// table can take the place of the one that it names.
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

    async fn together(&self, statement: &Statement, wanted: Wanted) -> Result<Answer> {
        refuse_unscoped(statement)?;
        // To the setting, no tenant is an empty one.
        let tenant = statement.tenant.clone().unwrap_or_else(|| Tenant::from(""));
        let transaction = TenantTransaction::new(self.clone(), tenant);
        match transaction.one_by_one(statement, wanted).await {
            Ok(answer) => {
                transaction.commit().await?;
                Ok(answer)
            }
            Err(error) => {
                transaction.roll_back().await;
                Err(error)
            }
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

    async fn together(&self, statement: &Statement, wanted: Wanted) -> Result<Answer> {
        self.send("SAVEPOINT migrate_scope").await?;
        let answer = self.one_by_one(statement, wanted).await;
        let end = match &answer {
            Ok(_) => "RELEASE SAVEPOINT migrate_scope",
            Err(_) => "ROLLBACK TO SAVEPOINT migrate_scope; RELEASE SAVEPOINT migrate_scope",
        };
        let ended = self.send(end).await;
        // If the way back fails, the commit fails too.
        answer.and_then(|answer| ended.map(|()| answer))
    }
}

impl TenantTransaction {
    /// Sends a statement and those that complete it.
    async fn one_by_one(&self, statement: &Statement, wanted: Wanted) -> Result<Answer> {
        let mut answer = Answer::default();
        for statement in [statement].into_iter().chain(&statement.more) {
            answer.add(match wanted {
                Wanted::Rows => Answer::of_rows(self.rows_of(statement).await?),
                Wanted::Count => Answer::of_count(self.count_of(statement).await?),
            });
        }
        Ok(answer)
    }

    /// Refuses a statement of another tenant, or of all.
    fn admit(&self, statement: &Statement) -> Result<()> {
        refuse_unscoped(statement)?;
        statement.tenant.as_ref().map_or(Ok(()), |tenant| self.expect(tenant))
    }
}

/// Under row-level security it would find no rows, or those of one tenant, without an error.
fn refuse_unscoped(statement: &Statement) -> Result<()> {
    if statement.is_unscoped() { Err(Error::NotForAllTenants) } else { Ok(()) }
}
