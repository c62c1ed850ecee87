use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/misplaced_moment");

fn main() {
    println!("{}", MIGRATIONS.name());
}
