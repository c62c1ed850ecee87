use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/broken_config_value");

fn main() {
    println!("{}", MIGRATIONS.name());
}
