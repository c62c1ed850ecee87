use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/other_tool_tern");

fn main() {
    println!("{}", MIGRATIONS.name());
}
