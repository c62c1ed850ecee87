//! A rule is a file: a function from a statement and what stood before it to findings, with the table of its cases.

mod columns;
mod objects;
mod project;

use super::{Context, Finding};

/// What looks at a statement.
type Rule = fn(&Context<'_>) -> Vec<Finding>;

/// What all rules find in a statement.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let groups = [columns::RULES, objects::RULES, project::RULES];
    groups.into_iter().flatten().flat_map(|rule| rule(context)).collect()
}
