use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unused_unparsed");

fn main() {
    println!("{}", MIGRATIONS.name());
}
