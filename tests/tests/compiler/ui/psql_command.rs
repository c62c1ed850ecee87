use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/psql_command");

fn main() {
    println!("{}", MIGRATIONS.name());
}
