use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_belongs_to_down");

fn main() {
    println!("{}", MIGRATIONS.name());
}
