use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_value_risk");

fn main() {
    println!("{}", MIGRATIONS.name());
}
