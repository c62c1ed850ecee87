use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/splits_differently");

fn main() {
    println!("{}", MIGRATIONS.name());
}
