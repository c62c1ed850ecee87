use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directory_without_up");

fn main() {
    println!("{}", MIGRATIONS.name());
}
