//! The same for an application that reads its arguments with clap, keeps its history in its own schema, and runs on an
//! async runtime.
//!
//! ```console
//! $ cargo run -p embedded-cli --bin with-clap -- db status --database-url sqlite:app.db
//! ```

use std::process::ExitCode;

use clap::Parser;
use migrate::{MigrationSet, Migrator, Progress, embed_migrations};

static MIGRATIONS: MigrationSet = embed_migrations!("migrations");

/// A shop.
#[derive(Parser)]
#[command(name = "with-clap")]
enum Command {
    /// Listens for requests
    Serve,
    /// Brings the database to the state that this binary needs
    Db(migrate::cli::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Command::parse() {
        Command::Serve => {
            println!("the application runs");
            ExitCode::SUCCESS
        }
        Command::Db(arguments) => arguments.program("with-clap db").run(migrator()),
    }
}

/// The application starts with this migrator as well, so that both use the same history.
fn migrator() -> Migrator<'static> {
    Migrator::new(&MIGRATIONS)
        .history_schema("shop")
        .history_prefix("shop")
        .application(concat!("with-clap ", env!("CARGO_PKG_VERSION")))
        .on_progress(|progress| {
            if let Progress::Done(done) = progress {
                eprintln!("audit: {} by the shop", done.name);
            }
        })
}
