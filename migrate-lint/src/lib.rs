//! The analysing half of `migrate`: what the SQL of a folder says, the schema that it makes, and what of it would hurt
//! a database that is in use.
//!
//! It gives `migrate_core::Source::check` the function that it needs, [`analyse`]. Applications have it in no binary:
//! `embed_migrations!` and `cargo migrate` call it.

mod analysis;
mod context;
mod folder;
#[cfg(test)]
mod gate_tests;
#[doc(hidden)]
pub mod inspect;
mod lock_then_work;
mod lost_session;
#[cfg(test)]
mod pages;
mod rebuild;
mod rollback;
mod rules;
mod schema;
mod sql;
#[cfg(test)]
mod testing;
mod whole_script;

use context::Context;
pub use folder::analyse;
use rebuild::DROP_TABLE_SAFER;
#[doc(hidden)]
pub use sql::syntax_errors;
use whole_script::WholeScript;
