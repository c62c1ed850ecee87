//! `migrate::testing`: the servers that tests share, own, kill and leave behind.
//!
//! Other processes are this test binary again, running one of its tests: a killed process is really killed.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod absent;
mod bouncer;
mod databases;
mod killed;
mod place;
mod private;
mod process;
mod shared;
