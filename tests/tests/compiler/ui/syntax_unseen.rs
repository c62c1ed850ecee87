use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/syntax_unseen");

fn main() {
    println!("{}", MIGRATIONS.name());
}
