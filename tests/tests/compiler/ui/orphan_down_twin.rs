use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/orphan_down_twin");

fn main() {
    println!("{}", MIGRATIONS.name());
}
