//! `embed_migrations!` where the dependency has another name, and there is no crate `migrate` to fall back on.

use db::MigrationSet;

/// The folder that is taken when none is named.
pub static MIGRATIONS: MigrationSet = db::embed_migrations!();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macro_finds_the_crate_by_its_new_name() {
        assert_eq!(MIGRATIONS, MigrationSet::read("migrations").unwrap());
        assert_eq!(MIGRATIONS.display_path("x.sql"), "migrations/x.sql");
    }
}
