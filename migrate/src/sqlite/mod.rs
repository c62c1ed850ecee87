//! Runs on SQLite.

mod driver;
mod error;
mod fingerprint;
mod settings;
