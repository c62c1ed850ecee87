use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/version_no_number");

fn main() {
    println!("{}", MIGRATIONS.name());
}
