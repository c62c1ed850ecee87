use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations/link_out_of_folder");

fn main() {
    println!("{}", MIGRATIONS.name());
}
