//! Runs on SQLite.

mod driver;
mod error;
mod settings;
