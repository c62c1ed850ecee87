use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unknown_directive");

fn main() {
    println!("{}", MIGRATIONS.name());
}
