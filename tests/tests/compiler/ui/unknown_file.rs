use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unknown_file");

fn main() {
    println!("{}", MIGRATIONS.name());
}
