use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/vacuum_sqlite");

fn main() {
    println!("{}", MIGRATIONS.name());
}
