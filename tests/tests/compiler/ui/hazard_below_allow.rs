use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/hazard_below_allow");

fn main() {
    println!("{}", MIGRATIONS.name());
}
