use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/control_in_path");

fn main() {
    println!("{}", MIGRATIONS.name());
}
