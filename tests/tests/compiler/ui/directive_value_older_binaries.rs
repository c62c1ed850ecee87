use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_value_older_binaries");

fn main() {
    println!("{}", MIGRATIONS.name());
}
