use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/irreversible_with_down");

fn main() {
    println!("{}", MIGRATIONS.name());
}
