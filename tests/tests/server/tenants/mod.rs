//! Row-level security and the pool that speaks for a tenant, on a real server.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod builder;
mod leftovers;
mod policy;
mod pool;
mod shop;
mod verify;
