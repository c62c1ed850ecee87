use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/dangling_symlink");

fn main() {
    println!("{}", MIGRATIONS.name());
}
