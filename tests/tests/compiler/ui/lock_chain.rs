use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/lock_chain");

fn main() {
    println!("{}", MIGRATIONS.name());
}
