use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/nothing_to_undo_with_statements");

fn main() {
    println!("{}", MIGRATIONS.name());
}
