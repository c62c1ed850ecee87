use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/other_tool_dbmate");

fn main() {
    println!("{}", MIGRATIONS.name());
}
