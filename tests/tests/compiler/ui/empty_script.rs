use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/empty_script");

fn main() {
    println!("{}", MIGRATIONS.name());
}
