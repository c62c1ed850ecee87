use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/files_of_others");

fn main() {
    println!("{}", MIGRATIONS.name());
}
