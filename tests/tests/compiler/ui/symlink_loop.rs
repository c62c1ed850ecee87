use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/symlink_loop");

fn main() {
    println!("{}", MIGRATIONS.name());
}
