use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/hazard_several");

fn main() {
    println!("{}", MIGRATIONS.name());
}
