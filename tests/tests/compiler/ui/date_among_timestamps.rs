use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/date_among_timestamps");

fn main() {
    println!("{}", MIGRATIONS.name());
}
