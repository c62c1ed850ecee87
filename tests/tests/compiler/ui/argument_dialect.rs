use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/none", dialect = "mysql");

fn main() {
    println!("{}", MIGRATIONS.name());
}
