use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/locked_edited_down");

fn main() {
    println!("{}", MIGRATIONS.name());
}
