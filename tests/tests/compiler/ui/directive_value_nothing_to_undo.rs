use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_value_nothing_to_undo");

fn main() {
    println!("{}", MIGRATIONS.name());
}
