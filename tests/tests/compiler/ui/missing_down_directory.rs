use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/missing_down_directory");

fn main() {
    println!("{}", MIGRATIONS.name());
}
