//! Runs on SQLite.

mod driver;
mod error;
mod kept;
mod settings;
mod upgrade;
