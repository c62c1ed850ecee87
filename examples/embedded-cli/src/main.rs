//! An application that is its own migration tool, in three lines.
//!
//! ```console
//! $ cargo run -p embedded-cli -- migrate status --database-url sqlite:app.db
//! $ cargo run -p embedded-cli -- migrate up --database-url sqlite:app.db
//! ```

use std::process::ExitCode;

use migrate::{MigrationSet, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations");

fn main() -> ExitCode {
    if let Some(exit) = migrate::cli::run(&MIGRATIONS) {
        return exit;
    }
    println!("the application runs");
    ExitCode::SUCCESS
}
