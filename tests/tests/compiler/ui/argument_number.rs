use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!(5);

fn main() {
    println!("{}", MIGRATIONS.name());
}
