use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_twice");

fn main() {
    println!("{}", MIGRATIONS.name());
}
