use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/one_underscore");

fn main() {
    println!("{}", MIGRATIONS.name());
}
