use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_value_no_transaction");

fn main() {
    println!("{}", MIGRATIONS.name());
}
