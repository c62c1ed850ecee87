//! What a run survives: other runners, kills, lost connections, poolers, and locks that others hold.
//!
//! Everything is real: the server, PgBouncer in transaction mode, the processes and the signals that end them. The
//! [`proxy`] stands between a run and its server where a test has to hit one message, or to count them.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod alone;
mod bouncer;
mod cancel;
mod database;
mod folder;
mod indexes;
mod kills;
mod process;
mod proxy;
mod races;
mod round_trips;
mod schema;
mod sweep;
mod tenants;
mod waiting;
