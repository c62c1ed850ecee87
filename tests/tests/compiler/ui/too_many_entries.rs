use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/too_many_entries");

fn main() {
    println!("{}", MIGRATIONS.name());
}
