#![deny(warnings)]

use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/warning_not_valid");

fn main() {
    println!("{}", MIGRATIONS.name());
}
