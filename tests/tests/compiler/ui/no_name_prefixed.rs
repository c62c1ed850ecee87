use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/no_name_prefixed");

fn main() {
    println!("{}", MIGRATIONS.name());
}
