//! The analysing half of `migrate`: the hazards of a script, found before it runs.
//!
//! In comes a folder of migrations, out come findings for each: a hazard, its place, a message and the safer form.
//! It gives `migrate_core::Source::check` the function that it needs, [`analyse`]. `embed_migrations!` and `cargo
//! migrate` call it, so no application has a parser in its binary.
//!
//! ```text
//! folder ──→ sql/     what each statement says         ALTER TABLE t ADD a int
//!        ──→ schema/  what the scripts make of it      t has the column a (int4)
//! up script ──→ analysis ──→ rules/{columns,objects}   one statement, and the schema before it
//!                       ├──→ lock_then_work            locks of earlier statements (PostgreSQL)
//!                       ├──→ rebuild/                  rows that are copied and dropped (SQLite)
//!                       └──→ rules/project             the whole script, and the schema after it
//! down script ─→ rollback                              what it loses, and what it does not drop
//! ```
//!
//! Two principles hold for all of it. Unknown is never safe: what no rule knows is a finding. And a table that the
//! script itself creates is exempt, because it has no rows and no readers yet.

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
mod refused;
mod rollback;
mod rules;
mod schema;
mod sql;
mod tables;
#[cfg(test)]
mod testing;
mod whole_script;

use context::Context;
pub use folder::analyse;
use rebuild::DROP_TABLE_SAFER;
#[doc(hidden)]
pub use sql::syntax_errors;
#[doc(hidden)]
pub use tables::{Filled, KnownColumn, KnownTable, tables};
use whole_script::WholeScript;
