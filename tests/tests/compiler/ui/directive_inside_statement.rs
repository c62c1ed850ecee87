use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/directive_inside_statement");

fn main() {
    println!("{}", MIGRATIONS.name());
}
