//! What statements do to tables that are in use, seen on a real server.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod alone;
mod cases;
mod report;
mod set;
mod words;
