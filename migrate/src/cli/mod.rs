//! The verbs of `cargo migrate` inside of an application, over the migrations that are embedded in it.
//!
//! Three lines in `main`, and `app migrate status`, `app migrate up` and the rest work on the database that
//! `DATABASE_URL` names, wherever the binary runs: no folder, no Rust and no other tool has to be there.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use migrate::{MigrationSet, embed_migrations};
//!
//! static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
//!
//! fn main() -> ExitCode {
//!     if let Some(exit) = migrate::cli::run(&MIGRATIONS) {
//!         return exit;
//!     }
//!     // … the application itself …
//!     ExitCode::SUCCESS
//! }
//! ```
//!
//! An application that reads its arguments with clap takes [`Arguments`] into its own:
//!
//! ```no_run
//! use std::process::ExitCode;
//! use migrate::cli::clap::{self, Parser};
//! # use migrate::{MigrationSet, embed_migrations};
//! # static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
//!
//! #[derive(Parser)]
//! enum Command {
//!     /// Listens for requests.
//!     Serve,
//!     /// Brings the database to the state that this binary needs.
//!     Migrate(migrate::cli::Arguments),
//! }
//!
//! fn main() -> ExitCode {
//!     match Command::parse() {
//!         Command::Serve => ExitCode::SUCCESS,
//!         Command::Migrate(arguments) => arguments.run(&MIGRATIONS),
//!     }
//! }
//! ```
//!
//! Where that parser refuses a command line, it repeats the word that it refuses, which may be an address in the wrong
//! place. `migrate::cli::parsed(Command::try_parse())` prints the same without a password.
//!
//! Options that the application's own runs have, it gives here too, so that both see one history:
//! `migrate::cli::run(Migrator::new(&MIGRATIONS).history_schema("app"))`.
//!
//! # The database
//!
//! It is what `--database-url` says, else the first of `DIRECT_DATABASE_URL`, `DIRECT_URL` and `DATABASE_URL` that is
//! set: behind a transaction pooler the direct address is the better one. When none is, the first of them in the file
//! `.env` of this folder or one above. What is in the environment so always wins over the file.
//!
//! | address | meaning |
//! |---|---|
//! | `postgres://user:password@host:port/name` | PostgreSQL; also `postgresql:` and `postgis:` |
//! | `host=… port=… user=… dbname=…` | PostgreSQL, in the other form of libpq |
//! | `sqlite:app.db`, `sqlite://app.db`, `sqlite:///srv/app.db`, `file:app.db` | a file of SQLite; `%20` is a blank |
//! | `app.db` | a file of SQLite; each character is meant |
//!
//! A relative path in a file `.env` begins in the folder of that file. What looks like a role and its password
//! (`user:password@host`) is never taken for the path of a file.
//!
//! An address of PostgreSQL means what it means to `psql`: several hosts, sockets, `hostaddr`, `target_session_attrs`,
//! services, and the variables of the environment that complete it (PostgreSQL manual, 34.1, 34.15 and 34.17). Of two
//! values for one parameter the later counts, and an empty variable counts as none. Differences:
//!
//! - An `@` after the one before the host has to be written `%40`: it is usually a part of a password.
//! - Without a host, the socket in `/var/run/postgresql` or `/tmp` is taken, where there is one, else `localhost`.
//! - Without `connect_timeout`, a server has 15 seconds to accept a connection, and 60 to let a session in.
//! - What libpq would honour and this program does not is refused, such as `sslcert`, `sslcrl`, `require_auth` or
//!   `gssencmode=require`. `client_encoding` is not honoured, because scripts are UTF-8, nor is what is about GSSAPI; a client
//!   certificate in `~/.postgresql` is not sent.
//! - An unknown parameter is refused, but for those that Prisma has for its pool.
//!
//! `sslmode` is `disable`, `allow`, `prefer` (the default), `require`, `verify-ca` or `verify-full`, with the meaning that
//! libpq gives them (PostgreSQL manual, 34.19.1). Authorities are those in the file that `sslrootcert` names, or in
//! `~/.postgresql/root.crt`, or with `sslrootcert=system` those of the system; where there are some they are asked in every
//! mode. A file that is named has to be there. A certificate without a list of names is not accepted by `verify-full`.
//!
//! All connections of a run are to the server that the first one reached.
//!
//! A password is taken from the address, else from `PGPASSWORD`, else for each host from a password file as libpq reads it
//! (PostgreSQL manual, 34.16): the one that `passfile` in the address names, or `PGPASSFILE`, or `~/.pgpass`
//! (`%APPDATA%\postgresql\pgpass.conf` on Windows). A file that others have access to is not used, and a warning says so.
//!
//! # What is asked before it is done
//!
//! Whatever takes something back (`down`, `redo`, `reset`) or is of high risk (`up`) shows the plan and asks. So does
//! `up` with a migration that nobody judged, because the set was compiled without the feature `lint`. Without a terminal
//! there is nobody to ask: then it is refused, unless `--yes` says that it is meant.
//!
//! A database that `protect production` marked wants more: its name typed, or `--database NAME`. The mark is a row in a
//! table `migrate_settings` beside the history, and so holds for everyone who reaches the database. `--database` refuses
//! any other database, for what is harmless too.
//!
//! `--backup DIR` runs `pg_dump`, or copies the file of SQLite while it is in use, before anything changes, and prints what
//! brings it back. When that fails, nothing is changed. On PostgreSQL a role that may (`pg_create_restore_point`) also sets
//! a restore point before something is taken back.
//!
//! # Exit codes
//!
//! | code | of `status` | of the other verbs |
//! |---|---|---|
//! | 0 | up to date | done, or nothing to do |
//! | 1 | migrations are pending | refused, failed, declined, or something found |
//! | 2 | one was interrupted | |
//! | 4 | the schema was changed by hand since the last run | `drift`: the same |
//! | 8 | diverged: edited, out of order, or ahead of this binary | |
//! | 16 | it could not be found out | `drift`: the same |
//! | 64 | the arguments make no sense | the same |
//!
//! Those of `status` add up: 9 is pending and diverged.
//!
//! # What is printed
//!
//! The answer goes to stdout: text for people, or with `--json` one document for machines, also for a failure. All else
//! goes to stderr: progress, questions, warnings, errors. Colours are for terminals alone; `NO_COLOR` switches them off,
//! and `CLICOLOR_FORCE` on.

mod address;
mod arguments;
mod backup;
mod confirm;
mod connection;
mod console;
mod database;
mod exit;
mod failure;
mod options;
mod progress;
mod protection;
mod restore_point;
mod session;
mod style;
mod terminal;
mod verb;

use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;

pub use clap;
use clap::Parser;

#[cfg(feature = "sqlite")]
pub use address::SqliteAddress;
pub use address::{Address, AddressError, AddressSource};
#[cfg(feature = "postgres")]
pub use address::{PostgresAddress, SslMode};
pub use arguments::Arguments;
pub use confirm::{Consent, confirm};
pub use console::Console;
#[doc(hidden)]
pub use database::Database;
pub use exit::{Exit, HELP as EXIT_CODES, parsed};
pub use failure::Failure;
pub use options::Options;
pub use verb::Verb;

use crate::Migrator;

/// Takes over when the first argument of the program is `migrate`: does what the rest of them say, and returns how to
/// exit. With any other argument, or none, it does nothing and returns `None`.
///
/// It may be called on a runtime of tokio, and blocks until it is done.
pub fn run<'s>(migrator: impl Into<Migrator<'s>>) -> Option<ExitCode> {
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    if arguments.next().as_deref() != Some(OsStr::new("migrate")) {
        return None;
    }
    let program = program_name(&program);
    Some(match parsed(Embedded::try_parse_from([program.clone().into()].into_iter().chain(arguments))) {
        Ok(embedded) => embedded.arguments.program(program).run(migrator),
        Err(exit) => exit.into(),
    })
}

/// How people call an application that takes the verbs under `migrate`.
fn program_name(program: &OsStr) -> String {
    let name = std::path::Path::new(program).file_stem().unwrap_or(program);
    format!("{} migrate", name.to_string_lossy())
}

/// Brings the database to the state that this program needs.
#[derive(Debug, Parser)]
#[command(after_help = exit::HELP)]
struct Embedded {
    #[command(flatten)]
    arguments: Arguments,
}
