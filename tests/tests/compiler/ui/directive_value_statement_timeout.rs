use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_value_statement_timeout");

fn main() {
    println!("{}", MIGRATIONS.name());
}
