//! `cargo migrate` as a process, on real databases.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod addresses;
mod backups;
mod blocker;
mod day_one;
mod exit_codes;
mod folder;
mod hostile_text;
mod many;
mod outcome;
mod passwords;
mod progress;
mod project;
mod protection;
mod questions;
mod templates;
mod terminal;
mod tls;
mod verbs;
