use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/lock_line");

fn main() {
    println!("{}", MIGRATIONS.name());
}
