//! What a rollback does not put back: objects that the migration dropped, and properties that it changed.
//!
//! ```sql
//! -- up                                     -- down
//! ALTER TABLE t DROP COLUMN a;              ALTER TABLE t ADD COLUMN a int;
//! -- `a` was NOT NULL, and had an index: both are gone
//! ```
//!
//! In come the schemas before the migration, after it and after the rollback; out come the differences between the
//! first and the last, as a message names them. Only what a migration made can differ: of a table that no script
//! creates, nothing is known. Expressions are not compared, because the same one can be written in many ways.

use super::{described, tops};
use crate::schema::{
    Index, Inventory, Object, Schema, Table, TableColumn, TableConstraint, TableConstraintKind,
};
use crate::sql::{Name, ObjectKind};

/// The differences between the schema before a migration and the one after its rollback, without the objects that the
/// rollback drops or leaves, which have findings of their own. `between` is the schema after the migration.
pub(super) fn unrestored(before: &Schema, between: &Inventory, end: &Schema) -> Vec<String> {
    let (old, now) = (before.inventory(), end.inventory());
    let mut missing = old.clone();
    missing.retain(|object, _| !now.contains_key(object) && !between.contains_key(object) && counts(object));
    let mut new = now;
    new.retain(|object, _| {
        !old.contains_key(object)
            && !between.contains_key(object)
            && counts(object)
            && is_part_of_known(before, object)
    });
    let missing = tops(&missing).into_iter().map(|object| format!("{} is gone", described(object)));
    let new = tops(&new).into_iter().map(|object| format!("{} is new", described(object)));
    let tables = before.tables().filter_map(|table| Some((table, of_name(end, table)?)));
    missing
        .chain(new)
        .chain(tables.flat_map(|(old, new)| of_table(old, new)))
        .chain(of_indexes(before, end))
        .collect()
}

/// Others may use schemas and extensions by now.
fn counts(object: &Object) -> bool {
    !matches!(object.kind, ObjectKind::Schema | ObjectKind::Extension)
}

/// Whether an object that is new can only be new because the rollback creates it: it is a part of a table of which all
/// parts are known.
fn is_part_of_known(before: &Schema, object: &Object) -> bool {
    use ObjectKind::{Column, Constraint, Policy, Trigger};
    let table = before.table(&object.name);
    matches!(object.kind, Column | Constraint | Policy | Trigger)
        && table.is_some_and(|table| table.is_known && table.columns_are_complete)
}

/// The table of the same name, if both are known.
fn of_name<'a>(end: &'a Schema, table: &Table) -> Option<&'a Table> {
    let new = end.table(&table.name)?;
    let is_comparable =
        |table: &Table| table.is_known && table.partition_of.is_none() && table.inherits.is_empty();
    (new.name == table.name && is_comparable(table) && is_comparable(new)).then_some(new)
}

fn of_table(old: &Table, new: &Table) -> Vec<String> {
    let mut found = Vec::new();
    for column in &old.columns {
        if let Some(now) = new.column(&column.name) {
            let name = shown(&old.name, &column.name);
            found.extend(of_column(column, now).into_iter().map(|what| what.replace("{}", &name)));
        }
    }
    for constraint in &old.constraints {
        let name = constraint.name.as_deref().unwrap_or_default();
        if let Some(now) = new.constraint(name).filter(|now| differ(constraint, now)) {
            let how = if constraint.validated == now.validated { "is another" } else { "is not valid" };
            found.push(format!("the constraint `{name}` of `{}` {how}", plain(&old.name)));
        }
    }
    if old.row_security != new.row_security {
        found.push(format!("the row-level security of `{}` is another", plain(&old.name)));
    }
    found
}

/// How a column differs, with `{}` for its name.
fn of_column(old: &TableColumn, new: &TableColumn) -> Vec<String> {
    let mut found = Vec::new();
    if let (Some(was), Some(is)) = (&old.data_type, &new.data_type)
        && was != is
    {
        found.push(format!("`{{}}` was {was} and is {is}"));
    }
    match (old.not_null, new.not_null) {
        (true, false) => found.push("`{}` is no longer NOT NULL".to_owned()),
        (false, true) => found.push("`{}` is NOT NULL now".to_owned()),
        _ => {}
    }
    match (old.has_default, new.has_default) {
        (true, false) => found.push("the default of `{}` is gone".to_owned()),
        (false, true) => found.push("`{}` has a default now".to_owned()),
        _ => {}
    }
    if old.generated.is_some() != new.generated.is_some() {
        found.push("`{}` is generated in another way".to_owned());
    }
    found
}

/// Whether two constraints of one name differ in what does not depend on how an expression is written.
fn differ(old: &TableConstraint, new: &TableConstraint) -> bool {
    use TableConstraintKind::*;
    let is_other = match (&old.kind, &new.kind) {
        (
            ForeignKey { columns, table, referenced, on_delete, .. },
            ForeignKey { columns: now, table: to, referenced: keys, on_delete: action, .. },
        ) => {
            let is_known = !referenced.is_empty() && !keys.is_empty();
            columns != now || table != to || on_delete != action || (is_known && referenced != keys)
        }
        (Unique { columns }, Unique { columns: now })
        | (PrimaryKey { columns }, PrimaryKey { columns: now }) => columns != now,
        (Check(_), Check(_)) | (Exclude { .. }, Exclude { .. }) | (NotNull { .. }, NotNull { .. }) => false,
        _ => true,
    };
    is_other || old.validated != new.validated
}

/// The indexes of the same name that differ in what does not depend on how an expression is written.
fn of_indexes(before: &Schema, end: &Schema) -> Vec<String> {
    // Of an index with an expression nothing is known: the server writes it anew when the type of a column changes.
    let columns = |index: &Index| index.keys.iter().map(|key| key.column.clone()).collect::<Option<Vec<_>>>();
    let differ = |old: &Index, new: &Index| {
        columns(old).zip(columns(new)).is_some_and(|(old, new)| old != new)
            || old.unique != new.unique
            || old.include != new.include
            || old.filter.is_some() != new.filter.is_some()
    };
    let own = before.indexes().filter(|index| !index.from_constraint && index.part_of.is_none());
    let other = own.filter(|old| {
        end.index(&old.name)
            .is_some_and(|new| new.name == old.name && new.table == old.table && differ(old, new))
    });
    other.map(|index| format!("the index `{}` is another", plain(&index.name))).collect()
}

fn shown(table: &Name, column: &str) -> String {
    format!("{}.{column}", plain(table))
}

/// The name without the schema that every name has.
fn plain(name: &Name) -> Name {
    let schema = name.schema.clone().filter(|schema| !["public", "main"].contains(&schema.as_str()));
    Name { schema, name: name.name.clone() }
}
