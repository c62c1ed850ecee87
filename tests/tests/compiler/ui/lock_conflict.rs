use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/lock_conflict");

fn main() {
    println!("{}", MIGRATIONS.name());
}
