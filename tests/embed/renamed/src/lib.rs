//! The macros where the dependency has another name, and there is no crate `migrate` to fall back on.

use db::MigrationSet;
use db::scope::{FromRow, tables};

/// The folder that is taken when none is named.
pub static MIGRATIONS: MigrationSet = db::embed_migrations!();

tables! {
    tenant = business_id;
    orders { id: i64, business_id: i64 }
}

/// A row of it.
#[derive(Debug, FromRow)]
#[from_row(crate = db)]
pub struct Order {
    /// Its key.
    pub id: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    static SETTINGS: MigrationSet = db::embed_migrations!("migrations", dialect = "sqlite");

    #[test]
    fn the_macro_finds_the_crate_by_its_new_name() {
        let read = MigrationSet::read("migrations").unwrap();
        let scripts = |set: &MigrationSet| set.migrations()[0].up().clone();
        assert_eq!((MIGRATIONS.chain(), scripts(&MIGRATIONS)), (read.chain(), scripts(&read)));
        assert_eq!(MIGRATIONS.display_path("x.sql"), "migrations/x.sql");
        assert_eq!(TABLES[0].name, "orders");
        assert_eq!(<Order as FromRow>::COLUMNS[0].name, "id");
    }

    #[db::test(SETTINGS, crate = db)]
    fn a_test_finds_it_too(connection: rusqlite::Connection) {
        assert_eq!(connection.query_row("SELECT count(*) FROM settings", [], |row| row.get(0)), Ok(0));
    }
}
