//! Taking over from other tools. sqlx, refinery and diesel write their histories themselves; those of the others are
//! made as their documentation and sources say.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod crates;
mod described;
mod folder;
mod sqlite;
mod takeover;
