use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/orphan_down");

fn main() {
    println!("{}", MIGRATIONS.name());
}
