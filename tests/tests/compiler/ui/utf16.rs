use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/utf16");

fn main() {
    println!("{}", MIGRATIONS.name());
}
