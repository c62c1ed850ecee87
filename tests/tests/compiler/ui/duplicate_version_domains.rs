use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/duplicate_version_domains");

fn main() {
    println!("{}", MIGRATIONS.name());
}
