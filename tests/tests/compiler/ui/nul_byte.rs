use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/nul_byte");

fn main() {
    println!("{}", MIGRATIONS.name());
}
