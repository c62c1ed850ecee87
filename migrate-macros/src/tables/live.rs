use super::check::{Key, Model, plain};
use super::parse::Action;

/// What holds for a row of the table that is not deleted, nor hidden with a parent, as SQL; empty if always.
///
/// The columns bear the table's own name.
pub(crate) fn condition(table: usize, models: &[Model<'_>]) -> String {
    let model = &models[table];
    let own = model.deleted.map(|deleted| format!("{} IS NULL", qualified(model, &plain(&deleted.name))));
    let hiding = model.parents.iter().filter(|key| key.action == Action::HideWithParent);
    let parts: Vec<String> = own.into_iter().chain(hiding.map(|key| parent_is_live(key, models))).collect();
    parts.join(" AND ")
}

/// A row that refers to no parent is not hidden.
fn parent_is_live(key: &Key, models: &[Model<'_>]) -> String {
    let (child, parent) = (&models[key.child], &models[key.parent]);
    let refers = key.columns.iter().zip(&key.parent_columns);
    let mut conditions: Vec<String> = refers
        .map(|(column, parent_column)| {
            format!("{} = {}", qualified(parent, parent_column), qualified(child, column))
        })
        .collect();
    if let (Some(of_child), Some(of_parent)) = (child.tenant, parent.tenant) {
        let (of_parent, of_child) = (plain(&of_parent.name), plain(&of_child.name));
        conditions.push(format!("{} = {}", qualified(parent, &of_parent), qualified(child, &of_child)));
    }
    let live = condition(key.parent, models);
    if !live.is_empty() {
        conditions.push(live);
    }
    let nulls: Vec<String> =
        key.columns.iter().map(|column| format!("{} IS NULL", qualified(child, column))).collect();
    format!(
        "({} OR EXISTS (SELECT 1 FROM \"{}\" WHERE {}))",
        nulls.join(" OR "),
        parent.name,
        conditions.join(" AND ")
    )
}

fn qualified(model: &Model<'_>, column: &str) -> String {
    format!("\"{}\".\"{column}\"", model.name)
}
