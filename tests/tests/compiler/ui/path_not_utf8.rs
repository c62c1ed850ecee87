use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/path_not_utf8");

fn main() {
    println!("{}", MIGRATIONS.name());
}
