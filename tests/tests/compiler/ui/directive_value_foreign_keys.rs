use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_value_foreign_keys");

fn main() {
    println!("{}", MIGRATIONS.name());
}
