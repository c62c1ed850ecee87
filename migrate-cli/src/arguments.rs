//! The command line of `cargo migrate`: the arguments of the folder, and those of `migrate::cli`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use migrate::cli::{self, Options};

use crate::verb::FolderVerb;

/// SQL migrations for PostgreSQL and SQLite
#[derive(Debug, Parser)]
#[command(name = "cargo-migrate", bin_name = "cargo migrate", version, after_help = cli::EXIT_CODES)]
pub(crate) struct Arguments {
    /// The folder of the migrations
    #[arg(long, global = true, value_name = "DIR", default_value = "migrations")]
    pub(crate) dir: PathBuf,
    /// The name of the set in the history, instead of `set` in migrate.toml
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) set: Option<String>,
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Database(cli::Verb),
    #[command(flatten)]
    Folder(FolderVerb),
}
