use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/no_version_directory");

fn main() {
    println!("{}", MIGRATIONS.name());
}
