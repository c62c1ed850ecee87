use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_value_lock_timeout");

fn main() {
    println!("{}", MIGRATIONS.name());
}
