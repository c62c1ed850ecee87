use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("/migrations/missing_directory");

fn main() {
    println!("{}", MIGRATIONS.name());
}
