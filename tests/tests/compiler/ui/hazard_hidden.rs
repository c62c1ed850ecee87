use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/hazard_hidden");

fn main() {
    println!("{}", MIGRATIONS.name());
}
