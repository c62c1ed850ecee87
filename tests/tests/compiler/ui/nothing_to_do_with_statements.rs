use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/nothing_to_do_with_statements");

fn main() {
    println!("{}", MIGRATIONS.name());
}
