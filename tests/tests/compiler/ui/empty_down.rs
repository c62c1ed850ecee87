use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/empty_down");

fn main() {
    println!("{}", MIGRATIONS.name());
}
