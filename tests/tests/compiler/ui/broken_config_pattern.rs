use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/broken_config_pattern");

fn main() {
    println!("{}", MIGRATIONS.name());
}
