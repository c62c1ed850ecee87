use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/unterminated_comment");

fn main() {
    println!("{}", MIGRATIONS.name());
}
