use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unterminated_string");

fn main() {
    println!("{}", MIGRATIONS.name());
}
