use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/named_pipe");

fn main() {
    println!("{}", MIGRATIONS.name());
}
