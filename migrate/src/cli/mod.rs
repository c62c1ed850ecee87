//! The verbs of `cargo migrate` inside an application, for the migrations that it embeds.
//!
//! Three lines in `main` add `app migrate status`, `app migrate up` and the other verbs. They work on the database that
//! `DATABASE_URL` names, wherever the binary runs. The machine needs no folder of migrations, no Rust and no other tool.
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
//! An application that reads its arguments with clap can include [`Arguments`] in its own:
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
//! If that parser refuses a command line, its message repeats the word that it refuses. That word may be an address in the
//! wrong place, with its password. `migrate::cli::parsed(Command::try_parse())` prints the same message without the password.
//!
//! If the application's own runs use options, pass the same ones here, so that both use the same history:
//! `migrate::cli::run(Migrator::new(&MIGRATIONS).history_schema("app"))`.
//!
//! # The database
//!
//! `--database-url` names the database. Without it, the first of `DIRECT_DATABASE_URL`, `DIRECT_URL` and `DATABASE_URL` that
//! is set in the environment does: behind a transaction pooler, the direct address works better. If none is set, the first
//! of them in a file `.env` counts, in the current folder or one above it. So the environment always wins over the file.
//!
//! | address | meaning |
//! |---|---|
//! | `postgres://user:password@host:port/name` | PostgreSQL; also `postgresql:` and `postgis:` |
//! | `host=… port=… user=… dbname=…` | PostgreSQL, in the other form of libpq |
//! | `sqlite:app.db`, `sqlite://app.db`, `sqlite:///srv/app.db`, `file:app.db` | an SQLite file; `%20` is a blank |
//! | `app.db` | an SQLite file; every character is literal |
//!
//! A relative path in a file `.env` starts in the folder of that file. A text that looks like a role and its password
//! (`user:password@host`) is never taken for the path of a file.
//!
//! A PostgreSQL address means what it means to `psql`: several hosts, sockets, `hostaddr`, `target_session_attrs`, services,
//! and the environment variables that complete it (PostgreSQL manual, 34.1, 34.15 and 34.17). If a parameter has two values,
//! the later one counts. An empty variable counts as unset. These are the differences:
//!
//! - Write `%40` for any `@` but the one before the host: such an `@` is usually part of a password.
//! - Without a host, the address means the socket in `/var/run/postgresql` or `/tmp`, or `localhost` if there is no socket.
//! - Without `connect_timeout`, a server has 15 seconds to accept a connection, and 60 to start a session.
//! - A parameter that libpq honours and this program does not is refused, such as `sslcert`, `sslcrl`, `require_auth` or
//!   `gssencmode=require`. `client_encoding` is ignored, because scripts are UTF-8, and so are the other parameters of GSSAPI.
//!   A client certificate in `~/.postgresql` is not sent.
//! - An unknown parameter is refused, except the parameters of Prisma's pool.
//!
//! `sslmode` is `disable`, `allow`, `prefer` (the default), `require`, `verify-ca` or `verify-full`, with the meanings of
//! libpq (PostgreSQL manual, 34.19.1). The trusted authorities come from the file that `sslrootcert` names, or from
//! `~/.postgresql/root.crt`; `sslrootcert=system` trusts those of the system. If there are any, the certificate is checked
//! in every mode. A file that is named must exist. `verify-full` does not accept a certificate without a list of names.
//!
//! All connections of a run go to the server that the first one reached.
//!
//! The password comes from the address, else from `PGPASSWORD`, else from a password file, for each host as libpq reads it
//! (PostgreSQL manual, 34.16). The password file is the one that `passfile` in the address names, or `PGPASSFILE`, or
//! `~/.pgpass` (`%APPDATA%\postgresql\pgpass.conf` on Windows). If others have access to the file, it is not used, and a
//! warning says so.
//!
//! # Options
//!
//! `[history]`, `[run]` and `[drift]` in `migrate.toml` name where the history is, how long a run waits, and what drift is:
//! see [the crate's page](crate#migratetoml). A variable wins over the file, and a flag over both:
//!
//! | flag | variable | key |
//! |---|---|---|
//! | `--history-schema` | `MIGRATE_HISTORY_SCHEMA` | `history.schema` |
//! | `--history-prefix` | `MIGRATE_HISTORY_PREFIX` | `history.prefix` |
//! | `--lock-timeout` | `MIGRATE_LOCK_TIMEOUT` | `run.lock-timeout` |
//! | `--lock-deadline` | `MIGRATE_LOCK_DEADLINE` | `run.lock-deadline` |
//! | `--statement-timeout` | `MIGRATE_STATEMENT_TIMEOUT` | `run.statement-timeout` |
//! | `--drift-schemas` | | `drift.schemas` |
//! | `--drift-ignore` | | `drift.ignore` |
//!
//! The variables may be in a file `.env` too. The library reads none of them, so an application that migrates at its start
//! needs the key, or the method of [`Migrator`].
//!
//! # Questions before a change
//!
//! The verbs that destroy something (`down`, `redo`, `reset`) show the plan and ask. `up` asks if a migration has high risk,
//! or if its risk is unknown because the set was compiled without the feature `lint`. Without a terminal to ask on, the
//! verb is refused, unless `--yes` is given.
//!
//! After `protect production`, the verb asks for the name of the database, and `--yes` is not enough; `--database NAME`
//! answers it. The protection is a row in the table `migrate_settings`, next to the history, so it holds for everyone who
//! reaches the database. With `--database` every verb refuses any other database, even if it is harmless.
//!
//! `--backup DIR` makes a backup before anything changes, and prints the command that restores it. It runs `pg_dump`, or
//! copies the SQLite file while it is in use. If the backup fails, nothing is changed. On PostgreSQL, a destructive verb also
//! sets a restore point, if the role may call `pg_create_restore_point`.
//!
//! # Exit codes
//!
//! | code | of `status` | of the other verbs |
//! |---|---|---|
//! | 0 | up to date | done, or nothing to do |
//! | 1 | migrations are pending | refused, failed, declined, or problems found |
//! | 2 | a migration was interrupted | |
//! | 4 | the schema was changed by hand since the last run | `drift`: the same |
//! | 8 | diverged: edited, out of order, or ahead of this binary | |
//! | 16 | unknown | `drift`: the same |
//! | 32 | | `dump`: written, but for what it names on stderr and in `left_out`; `dump --check` only compares |
//! | 64 | the arguments are wrong | the same |
//!
//! The codes of `status` add up: 9 is pending and diverged.
//!
//! # Output
//!
//! The answer goes to stdout: text for people, or with `--json` one document for machines, also for a failure. Everything
//! else goes to stderr: progress, questions, warnings and errors. Colours appear only on a terminal; `NO_COLOR` switches them
//! off, and `CLICOLOR_FORCE` switches them on.
//!
//! # How it works
//!
//! Arguments come in, and an exit code goes out: [`Arguments`] → session (a [`Verb`], the migrator, the options) → database
//! (an [`Address`], then a connection) → the verb asks the [`Migrator`] → [`Console`] prints its answer →
//! [`Exit`]. `cargo migrate` uses the same verbs, with a set that it reads from a folder.

mod address;
mod arguments;
mod backup;
mod confirm;
mod connection;
mod console;
mod database;
mod exit;
mod failure;
mod histories;
#[cfg(feature = "postgres")]
mod index_build;
mod options;
mod parsed;
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
pub use exit::{Exit, HELP as EXIT_CODES};
pub use failure::Failure;
pub use options::Options;
pub use parsed::parsed;
pub use verb::Verb;

use crate::Migrator;

/// Runs a verb if the first argument of the program is `migrate`, and returns the exit code.
///
/// The remaining arguments are the verb and its options. If the first argument is another one, or missing, this does
/// nothing and returns `None`. It blocks until the verb is done. You may call it on a tokio runtime.
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

/// What people type to reach the verbs of an application, such as `app migrate`.
fn program_name(program: &OsStr) -> String {
    let name = std::path::Path::new(program).file_stem().unwrap_or(program);
    format!("{} migrate", name.to_string_lossy())
}

/// Brings the database to the state that this program needs
#[derive(Debug, Parser)]
#[command(after_help = exit::HELP)]
struct Embedded {
    #[command(flatten)]
    arguments: Arguments,
}
