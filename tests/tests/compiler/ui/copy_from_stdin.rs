use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/copy_from_stdin");

fn main() {
    println!("{}", MIGRATIONS.name());
}
