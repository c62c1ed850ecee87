use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/not_a_directory");

fn main() {
    println!("{}", MIGRATIONS.name());
}
