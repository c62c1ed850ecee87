//! `test`: applies and rolls back each migration on a throw-away database, and compares the schemas.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use migrate::cli::{Console, Database, Exit, Failure, Options};
use migrate::testing::{self, Server};
use migrate::{Engine, MigrationSet, Version};
use serde_json::json;

use super::unused::refuse_unused;
use crate::folder::Folder;

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Run this SQL once the version is applied, so that later migrations meet rows; can be repeated
    #[arg(long = "seed", value_name = "VERSION=FILE", value_parser = seed)]
    seeds: Vec<(Version, PathBuf)>,
}

impl Test {
    pub(crate) fn run(self, folder: &Folder, options: &Options, console: &Console) -> Result<Exit, Failure> {
        refuse_unused(options)?;
        let set = folder.check()?.set;
        let mut trip = testing::round_trip(&set).folder(folder.path());
        if options.database_url.is_some() {
            trip = trip.server(&server(&set, options, console)?);
        }
        for (after, path) in &self.seeds {
            let sql = fs::read_to_string(path).map_err(|error| {
                Failure::new("seed", format!("cannot read {}: {error}", path.display()))
                    .help("check that it exists and that you may read it")
            })?;
            trip = trip.seed(after.as_i64().cast_unsigned(), sql);
        }
        let report = trip.run_blocking().map_err(|error| Failure::new("round-trip", error.to_string()))?;
        console.answer("test", &report, json!(report));
        Ok(if report.holds() { Exit::DONE } else { Exit::FAILED })
    }
}

/// The server of `--database-url`. DATABASE_URL is not used here, because it may name a database that is in use.
fn server(set: &MigrationSet, options: &Options, console: &Console) -> Result<Server, Failure> {
    if !set.dialect().runs_on(Engine::Postgres) {
        let message = "the migrations are for SQLite, and their throw-away database is in memory";
        return Err(Failure::new("address", message).help("leave out `--database-url`"));
    }
    Database::test_server(options, console)
}

fn seed(text: &str) -> Result<(Version, PathBuf), String> {
    let (version, path) = text.split_once('=').ok_or("write a version, `=` and a file")?;
    let version = version.parse().map_err(|error| format!("{error}"))?;
    Ok((version, path.into()))
}
