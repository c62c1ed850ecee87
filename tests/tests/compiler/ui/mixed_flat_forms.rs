use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/mixed_flat_forms");

fn main() {
    println!("{}", MIGRATIONS.name());
}
