use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/no_name");

fn main() {
    println!("{}", MIGRATIONS.name());
}
