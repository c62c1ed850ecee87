//! The statements of a rollback that the server refuses, as far as the schema shows it.
//!
//! ```sql
//! ALTER TABLE t DROP COLUMN a;
//! DROP INDEX t_a_idx;           -- went with its column
//! ```
//!
//! In comes a statement and the schema before it, out comes why it fails. An object is only missed if a script made it
//! and another dropped it, or if a DROP without IF EXISTS names what no script made: others may have made the rest.
//! After a statement whose effect cannot be seen, nothing is certain.

use std::collections::BTreeSet;

use migrate_core::{Finding, Hazard, Span};

use super::{cascades, may_do_anything};
use crate::schema::{Schema, Table, TableConstraintKind};
use crate::sql::{
    AlterTable, Change, ChangeAction, ColumnChange, ConstraintKind, CreateTable, Drop, ForeignKey, Kind,
    Name, ObjectKind, Statement, TableBody,
};

const SAFER: &str = "run the migration and its rollback on a server, for instance with `cargo migrate test`, and correct the \
                     rollback";

/// The schemas that a rollback starts from.
pub(super) struct Refusals<'a> {
    /// The whole schema after the migration, for those who depend on what the rollback drops.
    pub(super) whole: &'a Schema,
    /// The part of it that the scripts name.
    pub(super) part: &'a Schema,
}

impl Refusals<'_> {
    /// The findings about a rollback. None if the effect of the migration cannot be seen.
    pub(super) fn of(&self, up: &[Statement], down: &[Statement]) -> Vec<Finding> {
        if up.iter().any(may_do_anything) {
            return Vec::new();
        }
        let mut schema = self.part.clone();
        let mut findings = Vec::new();
        let mut has_cascaded = false;
        for statement in down {
            if may_do_anything(statement) {
                break;
            }
            let rollback = Place { schema: &schema, whole: self.whole, part: self.part, has_cascaded };
            findings.extend(rollback.refused(statement).map(|(span, why)| {
                Finding::new(Hazard::DownFails, span, format!("the server refuses this: {why}"), SAFER)
            }));
            has_cascaded |= cascades(statement);
            schema.apply(statement);
        }
        findings
    }
}

/// A place in a rollback.
struct Place<'a> {
    /// The schema before the statement.
    schema: &'a Schema,
    whole: &'a Schema,
    part: &'a Schema,
    /// Whether CASCADE may have dropped what no script names.
    has_cascaded: bool,
}

impl Place<'_> {
    /// Why the server refuses the statement, and the part of it that it refuses.
    fn refused(&self, statement: &Statement) -> Option<(Span, String)> {
        let whole = |why: Option<String>| why.map(|why| (statement.span, why));
        let of_kind = match &statement.kind {
            Kind::Drop(drop) => whole(self.dropped(drop)),
            Kind::AlterTable(alter) => self.altered(alter, statement),
            Kind::CreateTable(create) => whole(self.created_table(create, statement)),
            Kind::CreateIndex(create) => {
                let taken = create.name.as_ref().filter(|_| !create.if_not_exists).and_then(|name| {
                    let schema = self.schema.resolve(&create.table).schema;
                    self.exists(ObjectKind::Index, &Name { schema, name: name.name.clone() })
                });
                whole(taken.or_else(|| self.gone(&create.table)))
            }
            Kind::CreateType(create) => whole(
                self.schema.has_type(&create.name).then(|| format!("the type `{}` exists", create.name)),
            ),
            Kind::CreateView(create) if !create.or_replace && self.schema.view(&create.name).is_some() => {
                Some((statement.span, format!("`{}` exists", create.name)))
            }
            Kind::CreateTrigger(create) => whole(self.gone(&create.table)),
            Kind::Insert(insert) => whole(self.gone(&insert.table)),
            Kind::Update(update) => whole(self.gone(&update.table)),
            Kind::Delete(delete) => whole(self.gone(&delete.table)),
            Kind::Truncate { tables, .. } => whole(tables.iter().find_map(|table| self.gone(table))),
            _ => None,
        };
        of_kind.or_else(|| whole(statement.reads.iter().find_map(|read| self.gone(read))))
    }

    /// That a relation is gone, if a script made it and another dropped it.
    fn gone(&self, name: &Name) -> Option<String> {
        self.schema.was_there(name).then(|| format!("`{name}` was dropped or renamed before"))
    }

    fn exists(&self, kind: ObjectKind, name: &Name) -> Option<String> {
        let resolved = self.schema.resolve(name);
        let is_there = match kind {
            ObjectKind::Index => self.schema.index(&resolved).is_some(),
            _ => self.schema.table(&resolved).is_some_and(|table| table.is_known),
        };
        is_there.then(|| format!("the {} `{name}` exists", kind.noun()))
    }

    fn dropped(&self, drop: &Drop) -> Option<String> {
        let missing = drop.names.iter().filter(|_| !drop.if_exists).find_map(|name| self.missing(drop, name));
        missing.or_else(|| drop.names.iter().find_map(|name| self.needed(drop, name)))
    }

    /// That the object is not there.
    fn missing(&self, drop: &Drop, name: &Name) -> Option<String> {
        let table = drop.table.as_ref();
        let known = table.and_then(|table| self.schema.table(table)).filter(|table| table.is_known);
        let is_missing = match drop.object {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Index => {
                !self.schema.has_name(name)
            }
            ObjectKind::Sequence => return self.gone(name),
            ObjectKind::Type | ObjectKind::Domain => !self.schema.has_type_named(&name.name),
            ObjectKind::Function | ObjectKind::Procedure => !self.schema.has_function_named(&name.name),
            ObjectKind::Trigger => match table {
                Some(table) if self.schema.was_there(table) => return self.gone(table),
                _ => {
                    known.is_some_and(|table| table.triggers.iter().all(|trigger| trigger.name != name.name))
                }
            },
            ObjectKind::Policy => match table {
                Some(table) if self.schema.was_there(table) => return self.gone(table),
                _ => known.is_some_and(|table| table.policies.iter().all(|policy| policy.name != name.name)),
            },
            _ => false,
        };
        let noun = drop.object.noun();
        is_missing.then(|| {
            self.gone(name).unwrap_or_else(|| {
                format!("there is no {noun} `{name}`: no migration creates it, or it went with another")
            })
        })
    }

    /// That something else needs the object, which is dropped without CASCADE.
    fn needed(&self, drop: &Drop, name: &Name) -> Option<String> {
        if !self.schema.engine().drop_takes_foreign_keys() {
            return None;
        }
        if drop.object == ObjectKind::Index {
            let index = self.schema.index(name).filter(|index| index.from_constraint)?;
            return Some(format!(
                "`{name}` belongs to a constraint of `{}`, which has to be dropped",
                index.table
            ));
        }
        if drop.cascade {
            return None;
        }
        match drop.object {
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                self.relation_needed(drop, name)
            }
            ObjectKind::Type | ObjectKind::Domain => self.type_needed(name),
            ObjectKind::Function => {
                let function = self.schema.function(name).filter(|function| function.is_trigger)?;
                let uses = |table: &&Table| {
                    table.triggers.iter().any(|trigger| trigger.function.as_ref() == Some(&function.name))
                };
                let user = self.tables().find(uses)?;
                Some(format!("a trigger of `{}` uses the function `{name}`", user.name))
            }
            _ => None,
        }
    }

    fn relation_needed(&self, drop: &Drop, name: &Name) -> Option<String> {
        let name = self.schema.resolve(name);
        let going: BTreeSet<Name> = drop.names.iter().map(|name| self.schema.resolve(name)).collect();
        let goes = |table: &Table| {
            let parent = table.partition_of.as_ref().map(|place| &place.parent);
            going.contains(&table.name)
                || parent.is_some_and(|parent| going.contains(parent))
                || table.partition_of.is_some()
        };
        let inside = self.schema.foreign_keys_to(&name);
        let outside = self.whole.foreign_keys_to(&name).filter(|(owner, _)| self.is_outside(&owner.name));
        if let Some((owner, _)) = inside.chain(outside).find(|(owner, _)| !goes(owner)) {
            return Some(format!("a foreign key of `{}` refers to `{name}`", owner.name));
        }
        let inside = self.schema.views_on(&name);
        let outside = self.whole.views_on(&name).filter(|view| self.is_outside_view(&view.name));
        let view = inside.chain(outside).find(|view| !going.contains(&view.name))?;
        Some(format!("the view `{}` reads `{name}`", view.name))
    }

    fn type_needed(&self, name: &Name) -> Option<String> {
        let inside = self.schema.columns_of_type(name);
        let outside = self.whole.columns_of_type(name).filter(|(owner, _)| self.is_outside(&owner.name));
        let (table, column) = inside.chain(outside).next()?;
        Some(format!("the column `{}.{}` has the type `{name}`", table.name, column.name))
    }

    /// Whether the scripts do not name the table, so that it is as it was.
    fn is_outside(&self, table: &Name) -> bool {
        !self.has_cascaded && self.part.table(table).is_none() && self.schema.table(table).is_none()
    }

    fn is_outside_view(&self, view: &Name) -> bool {
        !self.has_cascaded && self.part.view(view).is_none() && self.schema.view(view).is_none()
    }

    /// All tables as they are at this place.
    fn tables(&self) -> impl Iterator<Item = &Table> {
        let outside = self.whole.tables().filter(|table| self.is_outside(&table.name));
        self.schema.tables().chain(outside)
    }

    fn altered(&self, alter: &AlterTable, statement: &Statement) -> Option<(Span, String)> {
        if alter.if_exists && !self.schema.has_name(&alter.name) {
            return None;
        }
        if let Some(why) = self.gone(&alter.name) {
            return Some((statement.span, why));
        }
        let table = self.schema.table(&alter.name).filter(|table| {
            table.is_known
                && table.columns_are_complete
                && table.inherits.is_empty()
                && table.partition_of.is_none()
        });
        let of_column = |change: &Change| table.and_then(|table| self.changed(table, alter, change));
        let refused = alter.changes.iter().find_map(|change| {
            let why = of_column(change).or_else(|| match &change.action {
                ChangeAction::AlterColumn { change: ColumnChange::Type { to, .. }, .. } if to.is_serial() => {
                    Some(format!("`{to}` is no type: it is a short form for a new column and its sequence"))
                }
                _ => None,
            })?;
            Some((change.span, why))
        });
        refused.or_else(|| Some((statement.span, self.refers(statement)?)))
    }

    /// Why one action on a table with all columns known is refused. What the same statement adds, drops or renames too
    /// is left out.
    fn changed(&self, table: &Table, alter: &AlterTable, change: &Change) -> Option<String> {
        let is_touched = |column: &str| {
            alter.changes.iter().any(|other| {
                !std::ptr::eq(other, change)
                    && match &other.action {
                        ChangeAction::AddColumn { column: known, .. } => known.name.name == column,
                        ChangeAction::DropColumn { column: known, .. }
                        | ChangeAction::RenameColumn { from: known, .. } => known == column,
                        _ => false,
                    }
            })
        };
        let name = &alter.name;
        let lacks = |column: &str| {
            (table.column(column).is_none() && !is_touched(column))
                .then(|| format!("`{name}` has no column `{column}`"))
        };
        match &change.action {
            ChangeAction::DropColumn { column, if_exists: false, .. } => lacks(column),
            ChangeAction::AlterColumn { column, .. } => lacks(column),
            ChangeAction::RenameColumn { from, to } => lacks(from)
                .or_else(|| table.column(&to.name).map(|_| format!("`{name}` has a column `{}`", to.name))),
            ChangeAction::AddColumn { column, if_not_exists: false } if !is_touched(&column.name.name) => {
                table
                    .column(&column.name.name)
                    .map(|_| format!("`{name}` has a column `{}`", column.name.name))
            }
            ChangeAction::DropConstraint { name: constraint, if_exists: false, .. } => {
                let is_not_null = constraint.ends_with("_not_null");
                let is_there = table.constraint(constraint).is_some();
                (!is_there && !is_not_null).then(|| format!("`{name}` has no constraint `{constraint}`"))
            }
            ChangeAction::RenameTo(to) => {
                let to = Name { schema: table.name.schema.clone(), name: to.name.clone() };
                self.exists(ObjectKind::Table, &to)
            }
            _ => None,
        }
    }

    fn created_table(&self, create: &CreateTable, statement: &Statement) -> Option<String> {
        if create.if_not_exists || create.temporary {
            return None;
        }
        self.exists(ObjectKind::Table, &create.name).or_else(|| self.refers(statement))
    }

    /// Why the foreign keys of a statement cannot be made.
    fn refers(&self, statement: &Statement) -> Option<String> {
        let keys = foreign_keys(statement);
        if keys.is_empty() || !self.schema.engine().drop_takes_foreign_keys() {
            return None;
        }
        let mut after = self.schema.clone();
        after.apply(statement);
        keys.into_iter().find_map(|key| self.refers_to(key, &after))
    }

    fn refers_to(&self, key: &ForeignKey, after: &Schema) -> Option<String> {
        if !after.has_name(&key.table) {
            return self.gone(&key.table);
        }
        let table = after.table(&key.table).filter(|table| {
            table.is_known
                && table.columns_are_complete
                && table.inherits.is_empty()
                && table.partition_of.is_none()
        })?;
        let is_key = |columns: &[String]| {
            columns.len() == key.referenced.len()
                && key.referenced.iter().all(|column| columns.contains(column))
        };
        let of_constraints = table.constraints.iter().any(|constraint| match &constraint.kind {
            TableConstraintKind::PrimaryKey { columns } => key.referenced.is_empty() || is_key(columns),
            TableConstraintKind::Unique { columns } => is_key(columns),
            _ => false,
        });
        let of_indexes = after.indexes_of(&table.name).any(|index| {
            let columns: Vec<String> = index.leading_columns().map(str::to_owned).collect();
            index.unique && index.filter.is_none() && columns.len() == index.keys.len() && is_key(&columns)
        });
        let columns = key.referenced.join(", ");
        (!of_constraints && !of_indexes).then(|| match columns.as_str() {
            "" => format!("`{}` has no primary key to refer to", key.table),
            _ => format!("`{}` has no unique constraint over `{columns}` to refer to", key.table),
        })
    }
}

/// The foreign keys that a statement makes.
fn foreign_keys(statement: &Statement) -> Vec<&ForeignKey> {
    let constraints: Vec<_> = match &statement.kind {
        Kind::CreateTable(create) => {
            let columns: &[_] = match &create.body {
                TableBody::Columns(columns) => columns,
                _ => &[],
            };
            columns.iter().flat_map(|column| &column.constraints).chain(&create.constraints).collect()
        }
        Kind::AlterTable(alter) => alter
            .changes
            .iter()
            .flat_map(|change| match &change.action {
                ChangeAction::AddConstraint(constraint) => std::slice::from_ref(constraint),
                ChangeAction::AddColumn { column, .. } => &column.constraints[..],
                _ => &[],
            })
            .collect(),
        _ => Vec::new(),
    };
    let keys = constraints.into_iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key),
        _ => None,
    });
    keys.collect()
}
