use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/vague_name");

fn main() {
    println!("{}", MIGRATIONS.name());
}
