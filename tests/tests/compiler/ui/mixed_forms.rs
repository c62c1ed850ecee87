use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/mixed_forms");

fn main() {
    println!("{}", MIGRATIONS.name());
}
