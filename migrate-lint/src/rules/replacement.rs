//! The index that takes the place of one that is dropped.
//!
//! `DROP INDEX orders_customer; CREATE INDEX orders_customer_at ON orders (customer_id, at)`: queries that used the first
//! use the second. So what a script leaves is compared, and not what a statement does.

use crate::Context;
use crate::schema::Index;
use crate::sql::Name;

/// What takes the place of an index.
pub(super) struct Replacement {
    pub(super) name: Name,
    /// Whether it also refuses the same rows, so that `ON CONFLICT` finds it.
    pub(super) is_as_unique: bool,
}

/// The index that serves the queries of a dropped one at the end of the script: it begins with the same keys, and has no
/// other condition.
pub(super) fn replacement(context: &Context<'_>, dropped: &Index) -> Option<Replacement> {
    let mut end = context.schema.clone();
    context.script[context.index..].iter().for_each(|statement| end.apply(statement));
    let serving = || end.indexes_of(&dropped.table).filter(|other| other.valid && serves(other, dropped));
    let best = serving().find(|other| is_as_unique(other, dropped)).or_else(|| serving().next())?;
    Some(Replacement { name: best.name.clone(), is_as_unique: is_as_unique(best, dropped) })
}

fn serves(other: &Index, dropped: &Index) -> bool {
    let is_same_condition = match (&other.filter, &dropped.filter) {
        (None, _) => true,
        (Some(other), Some(dropped)) => other.text == dropped.text,
        (Some(_), None) => false,
    };
    let is_same_form = other.form == dropped.form || is_plain(&other.form) && is_plain(&dropped.form);
    let keys = other.keys.iter().zip(&dropped.keys);
    is_same_condition
        && is_same_form
        && other.keys.len() >= dropped.keys.len()
        && keys.into_iter().all(|(other, dropped)| match (&other.column, &dropped.column) {
            (Some(other), Some(dropped)) => other == dropped,
            (None, None) => other.value.text == dropped.value.text,
            _ => false,
        })
}

fn is_as_unique(other: &Index, dropped: &Index) -> bool {
    !dropped.unique || other.unique && other.keys.len() == dropped.keys.len()
}

/// Whether the form of an index is the usual one: a B-tree without operator classes and collations.
fn is_plain(form: &str) -> bool {
    let form = form.to_ascii_lowercase();
    let is_of_another_method = form.contains("using") && !form.contains("btree");
    !is_of_another_method && !form.contains("_ops") && !form.contains("collate")
}
