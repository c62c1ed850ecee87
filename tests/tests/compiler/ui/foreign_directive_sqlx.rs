use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/foreign_directive_sqlx");

fn main() {
    println!("{}", MIGRATIONS.name());
}
