use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/broken_config_syntax");

fn main() {
    println!("{}", MIGRATIONS.name());
}
