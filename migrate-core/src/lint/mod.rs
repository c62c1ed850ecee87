//! The hazards of a script: what would go wrong in production, found before it runs.
//!
//! In come the statements of a script, as [`crate::sql`] shows them, and the schema that the scripts before it made, as
//! [`crate::schema`] keeps it. Out come findings: a hazard, its place, a message and the safer form.
//!
//! ```text
//! up script ──→ analysis ──→ rules/{columns,objects}   one statement, and the schema before it
//!                       ├──→ lock_then_work            locks of earlier statements (PostgreSQL)
//!                       ├──→ rebuild/                  rows that are copied and dropped (SQLite)
//!                       └──→ rules/project             the whole script, and the schema after it
//! down script ─→ rollback                              what it loses, and what it leaves
//! ```
//!
//! Two principles hold for all of it. Unknown is never safe: what no rule knows is a finding. And a table that the script
//! itself creates is exempt, because it has no rows and no readers yet.

mod analysis;
mod context;
mod finding;
mod lock_then_work;
mod lost_session;
#[cfg(test)]
mod pages;
mod rebuild;
mod rollback;
mod rules;
#[cfg(test)]
mod testing;
mod whole_script;

pub(crate) use analysis::Analysis;
pub(crate) use context::{Context, Project};
pub(crate) use finding::Finding;
pub(crate) use lost_session::lost_session;
use rebuild::DROP_TABLE_SAFER;
pub(crate) use rollback::of_rollback;
use whole_script::WholeScript;
