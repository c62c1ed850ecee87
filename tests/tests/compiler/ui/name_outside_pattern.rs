use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/name_outside_pattern");

fn main() {
    println!("{}", MIGRATIONS.name());
}
