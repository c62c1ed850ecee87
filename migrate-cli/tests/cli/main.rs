//! `cargo migrate` as a process, on real databases.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod addresses;
mod backups;
mod blocker;
mod day_one;
#[cfg(target_os = "linux")]
mod doors;
mod exit_codes;
mod explain;
mod folder;
mod hostile_text;
#[cfg(target_os = "linux")]
mod libpq;
mod listening;
mod many;
mod outcome;
mod passwords;
mod places;
mod progress;
mod project;
mod protection;
mod questions;
mod read_only;
mod secrets;
mod several_servers;
mod templates;
mod terminal;
mod tls;
mod verbs;
