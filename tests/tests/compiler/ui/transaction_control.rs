use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/transaction_control");

fn main() {
    println!("{}", MIGRATIONS.name());
}
