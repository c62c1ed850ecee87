use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/locked_removed_down");

fn main() {
    println!("{}", MIGRATIONS.name());
}
