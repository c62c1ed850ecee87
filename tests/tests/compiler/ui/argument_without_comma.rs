use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/none" set = "jobs");

fn main() {
    println!("{}", MIGRATIONS.name());
}
