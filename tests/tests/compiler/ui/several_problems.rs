use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/several_problems");

fn main() {
    println!("{}", MIGRATIONS.name());
}
