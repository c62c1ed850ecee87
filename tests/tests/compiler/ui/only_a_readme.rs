use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/only_a_readme");

fn main() {
    println!("{}", MIGRATIONS.name());
}
