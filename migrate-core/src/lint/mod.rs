//! What would go wrong in production: the hazards of a script, found by rules over its statements and the schema that
//! the scripts before it made.

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
