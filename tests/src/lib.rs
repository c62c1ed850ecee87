//! Tests of `migrate` against real databases, and what they stand on.
//!
//! The conformance suite (`tests/server/conformance`) is written once, against a [`Sandbox`], and mounted for every
//! engine by [`conformance!`]. A [`Folder`] makes migration sets from files, as a user would.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod corpus;
mod folder;
pub mod hazard_cases;
mod mount;
mod postgres;
mod sandbox;
mod scoped;
mod sqlite;

pub use corpus::{CRATES_IO, Corpus, ZKSYNC};
pub use folder::{Folder, version};
pub use postgres::{PostgresClient, PostgresPool, PostgresProtected, query};
pub use sandbox::{Rows, Sandbox};
pub use scoped::Scoped;
pub use sqlite::{SqliteFile, schema_of, select};
