//! The schema of a database as a value: each kind of object, changed by itself, and the SQL that takes that back.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod case;
mod postgres;
mod sqlite;
