use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_without_colon");

fn main() {
    println!("{}", MIGRATIONS.name());
}
