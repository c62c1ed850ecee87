use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unterminated_identifier");

fn main() {
    println!("{}", MIGRATIONS.name());
}
