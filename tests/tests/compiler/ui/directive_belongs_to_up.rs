use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_belongs_to_up");

fn main() {
    println!("{}", MIGRATIONS.name());
}
