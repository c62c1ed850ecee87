use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/up_sql_at_top");

fn main() {
    println!("{}", MIGRATIONS.name());
}
