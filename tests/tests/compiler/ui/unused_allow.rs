use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unused_allow");

fn main() {
    println!("{}", MIGRATIONS.name());
}
