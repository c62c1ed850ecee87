use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/version_over_bigint");

fn main() {
    println!("{}", MIGRATIONS.name());
}
