//! The tables, as the statements of a scope know them.

use migrate::scope::rls::{self, Scripts, Table, Tenancy};
use migrate::scope::tables;
use uuid::Uuid;

tables! {
    tenant = business_id;
    deleted = deleted_at;

    customers {
        id: i64, business_id: Uuid, email: String, name: String,
        deleted_at: Option<String>, deleted_by: Option<String>, delete_op: Option<Uuid>,
        by = deleted_by, op = delete_op,
    }

    orders {
        id: i64, business_id: Uuid, customer_id: i64, total: i64, note: String,
        deleted_at: Option<String>, deleted_by: Option<String>, delete_reason: Option<String>,
        delete_op: Option<Uuid>,
        by = deleted_by, reason = delete_reason, op = delete_op,
        (business_id, customer_id) -> customers (business_id, id) on soft_delete cascade,
    }
}

/// The scripts of `migrations/20251128090000_protect_tenants`. `multi-tenant scripts` prints them.
pub(crate) fn protection() -> Scripts {
    let declared: Vec<Table> = TABLES.iter().filter_map(|table| Table::declared(table)).collect();
    rls::scripts(&Tenancy::default(), &declared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migration_is_what_the_generator_writes() {
        let Scripts { up, down } = protection();
        assert_eq!(include_str!("../migrations/20251128090000_protect_tenants.up.sql"), up);
        assert_eq!(include_str!("../migrations/20251128090000_protect_tenants.down.sql"), down);
    }
}
