use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/locked_draft");

fn main() {
    println!("{}", MIGRATIONS.name());
}
