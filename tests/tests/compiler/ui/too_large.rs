use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/too_large");

fn main() {
    println!("{}", MIGRATIONS.name());
}
