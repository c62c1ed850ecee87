use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/hazard_drop_column");

fn main() {
    println!("{}", MIGRATIONS.name());
}
