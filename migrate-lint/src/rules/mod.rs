//! The rules: each is a file with a function from a statement, or a whole script, to findings, and with the table of
//! its cases as its tests.
//!
//! [`columns`] and [`objects`] look at one statement and the schema before it. [`project`] looks at a whole script
//! and the schema after it. A rule knows no other rule; the order of the lists does not matter, because findings are
//! sorted by their place.

mod columns;
mod objects;
mod project;
mod replacement;
mod volatility;

use migrate_core::Finding;

pub(super) use self::project::newer_syntax;

use crate::{Context, WholeScript};

/// A rule that looks at one statement.
type Rule = fn(&Context<'_>) -> Vec<Finding>;

/// The findings of all rules about one statement.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let groups = [columns::RULES, objects::RULES];
    groups.into_iter().flatten().flat_map(|rule| rule(context)).collect()
}

/// A rule that looks at a whole script.
type WholeScriptRule = fn(&WholeScript<'_>) -> Vec<Finding>;

/// The findings of all rules about a whole script.
pub(super) fn check_whole_script(whole: &WholeScript<'_>) -> Vec<Finding> {
    project::RULES.iter().flat_map(|rule| rule(whole)).collect()
}
