//! Runs on SQLite: a driver that never waits, and restores the caller's connection at the end.

mod driver;
mod error;
mod kept;
mod settings;
mod upgrade;
