use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unknown_directive_prose");

fn main() {
    println!("{}", MIGRATIONS.name());
}
