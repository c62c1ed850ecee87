use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!(concat!("migrations", "/none"));

fn main() {
    println!("{}", MIGRATIONS.name());
}
