//! A rule is a file: a function from a statement and what stood before it to findings, with the table of its cases.

mod columns;
mod objects;
mod project;

use migrate_core::Finding;

use crate::{Context, WholeScript};

/// What looks at a statement.
type Rule = fn(&Context<'_>) -> Vec<Finding>;

/// What all rules find in a statement.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let groups = [columns::RULES, objects::RULES];
    groups.into_iter().flatten().flat_map(|rule| rule(context)).collect()
}

/// What looks at a whole script.
type WholeScriptRule = fn(&WholeScript<'_>) -> Vec<Finding>;

/// What the rules find that look at a whole script.
pub(super) fn check_whole_script(whole: &WholeScript<'_>) -> Vec<Finding> {
    project::RULES.iter().flat_map(|rule| rule(whole)).collect()
}
