//! The statements that the server refuses, as far as the schema before them shows it.
//!
//! ```sql
//! CREATE TABLE orders (id bigint);
//! ALTER TABLE orders DROP COLUMN total;   -- `orders` has no column `total`
//! ```
//!
//! In comes a statement and the schema before it, out comes why it fails: `up-fails` for a script that applies
//! ([`up_fails`]), `down-fails` for a rollback (`rollback/refused`). An object is only missed if a script made it
//! and another dropped it, because others may have made the rest. In a rollback that is also said of a DROP without IF
//! EXISTS of what no script made.
//!
//! Only what is certain counts: see `schema/certainty`. A rollback starts from what its own migration made, and there all
//! of it is.

mod absent;
mod altered;
mod dropped;
mod inserted;
mod key;
mod out_of_place;
mod reference;

use migrate_core::{Finding, Hazard, Span};

pub(crate) use self::absent::without_absent;
use self::key::{missing_column, second};
use crate::schema::{Schema, Table};
use crate::sql::{CreateIndex, CreateTable, Kind, Name, ObjectKind, Statement};

const SAFER: &str = "correct the script: `cargo migrate test` runs the folder on a server. If the database has other objects \
                     than the scripts show, use IF EXISTS or IF NOT EXISTS";

/// A place in a script.
pub(crate) struct Place<'a> {
    /// The schema before the statement.
    pub(crate) schema: &'a Schema,
    /// The whole schema before the script.
    pub(crate) whole: &'a Schema,
    /// The part of it that the script names.
    pub(crate) part: &'a Schema,
    /// Whether CASCADE may have dropped what no script names.
    pub(crate) has_cascaded: bool,
    /// Whether all objects count as made by scripts, and all of them as certain.
    pub(crate) knows_all: bool,
    /// Whether the script runs in a transaction.
    pub(crate) transaction: bool,
}

impl<'a> Place<'a> {
    /// A place in a script that applies, in a transaction.
    fn in_up(schema: &'a Schema) -> Place<'a> {
        let (whole, part) = (schema, schema);
        Place { schema, whole, part, has_cascaded: false, knows_all: false, transaction: true }
    }
}

/// The finding about a statement of a script that applies.
pub(crate) fn up_fails(statement: &Statement, schema: &Schema, transaction: bool) -> Option<Finding> {
    let (span, why) = Place { transaction, ..Place::in_up(schema) }.refused(statement)?;
    Some(Finding::new(Hazard::UpFails, span, format!("the server refuses this: {why}"), SAFER))
}

impl Place<'_> {
    /// Why the server refuses the statement, and the part of it that it refuses.
    pub(crate) fn refused(&self, statement: &Statement) -> Option<(Span, String)> {
        if let Some(refused) = self.out_of_place(statement) {
            return Some(refused);
        }
        let whole = |why: Option<String>| why.map(|why| (statement.span, why));
        let of_kind = match &statement.kind {
            Kind::Drop(drop) => whole(self.dropped(drop)),
            Kind::AlterTable(alter) => self.altered(alter, statement),
            Kind::CreateTable(create) => whole(self.created_table(create, statement)),
            Kind::CreateIndex(create) => whole(self.created_index(create)),
            Kind::CreateType(create) => whole(self.type_exists(&create.name)),
            Kind::CreateView(create) if !create.or_replace && !create.if_not_exists && !create.temporary => {
                whole(self.exists(&create.name))
            }
            Kind::CreateSequence { name, temporary: false, if_not_exists: false } => whole(self.exists(name)),
            Kind::CreateTrigger(create) => whole(self.gone(&create.table)),
            Kind::Insert(insert) => whole(self.inserted(insert)),
            Kind::Update(update) => whole(self.gone(&update.table)),
            Kind::Delete(delete) => whole(self.gone(&delete.table)),
            Kind::Truncate { tables, .. } => whole(tables.iter().find_map(|table| self.gone(table))),
            _ => None,
        };
        of_kind.or_else(|| whole(self.read(statement)))
    }

    /// That the statement reads a relation that is gone. SQLite does not look into a view or trigger before it is used.
    fn read(&self, statement: &Statement) -> Option<String> {
        let is_late = matches!(statement.kind, Kind::CreateView(_) | Kind::CreateTrigger(_));
        if is_late && self.schema.engine().rebuilds_tables()
            || matches!(statement.kind, Kind::CreateFunction(_))
        {
            return None;
        }
        statement.reads.iter().find_map(|read| self.gone(read))
    }

    /// That a relation is gone, if a script made it and another dropped it.
    fn gone(&self, name: &Name) -> Option<String> {
        self.schema.was_there(name).then(|| format!("`{name}` was dropped or renamed before"))
    }

    fn is_certain(&self, created_in: u32) -> bool {
        self.knows_all || self.schema.is_certain(created_in)
    }

    fn is_certain_part(&self, created_in: u32) -> bool {
        self.knows_all || self.schema.is_certain_part(created_in)
    }

    /// Whether the constraints, triggers and policies of a table are those that the scripts show.
    fn are_parts_certain(&self, table: &Table) -> bool {
        self.knows_all || !table.may_be_older && self.schema.is_certain_part(table.created_in)
    }

    /// Whether the columns of a table are those that the scripts show.
    fn are_columns_known(&self, table: &Table) -> bool {
        table.is_known
            && table.columns_are_complete
            && table.inherits.is_empty()
            && table.partition_of.is_none()
            && (self.knows_all || self.schema.columns_are_certain(table))
    }

    /// The table, if its columns are those that the scripts show.
    fn with_known_columns(&self, name: &Name) -> Option<&Table> {
        self.schema
            .table(name)
            .filter(|table| self.are_columns_known(table) && !self.schema.is_ambiguous(name))
    }

    /// That the table has no such column.
    fn lacks(&self, table: &Table, column: &str) -> Option<String> {
        let is_missing = table.column(&self.schema.kept_part(column)).is_none();
        is_missing.then(|| format!("`{}` has no column `{column}`", self.shown(&table.name)))
    }

    /// Whether a table with known columns certainly has no such constraint. The server names a NOT NULL since version 18.
    fn lacks_constraint(&self, table: &Table, name: &str) -> bool {
        let is_not_null = name.ends_with("_not_null");
        let is_there = table.constraint(&self.schema.kept_part(name)).is_some();
        !is_there && !is_not_null && self.are_parts_certain(table)
    }

    /// Whether the triggers and policies of a table are those that the scripts show.
    fn are_all_parts_known(&self, table: &Table) -> bool {
        table.is_known && table.partition_of.is_none() && self.are_parts_certain(table)
    }

    /// The name of a relation without the schema that is the default.
    fn shown(&self, name: &Name) -> Name {
        let default = self.schema.engine().default_schema();
        let schema = name.schema.clone().filter(|schema| schema != default);
        Name { schema, name: name.name.clone() }
    }

    /// That a new relation of this name has the name of another.
    fn exists(&self, name: &Name) -> Option<String> {
        self.taken(&self.schema.creation_name(name, false))
    }

    /// That a relation has this full name. Tables, views, indexes and sequences share one namespace.
    fn taken(&self, name: &Name) -> Option<String> {
        let schema = self.schema;
        let table = schema.table(name).filter(|table| table.is_known && self.is_certain(table.created_in));
        let view = schema.view(name).filter(|view| self.is_certain_part(view.created_in));
        let index = schema.index(name).filter(|index| self.is_certain_part(index.created_in));
        // One of its own may have been given to a column by OWNED BY, and have gone with that.
        let of_serial = schema.sequence(name).filter(|sequence| sequence.owner.is_some());
        let sequence = of_serial.filter(|sequence| self.is_certain_part(sequence.created_in));
        let kind = match (table, view, index, sequence) {
            (Some(_), ..) => ObjectKind::Table,
            (_, Some(view), ..) if view.materialized => ObjectKind::MaterializedView,
            (_, Some(_), ..) => ObjectKind::View,
            (_, _, Some(_), _) => ObjectKind::Index,
            (.., Some(_)) => ObjectKind::Sequence,
            _ => return None,
        };
        Some(format!("the {} `{}` exists", kind.noun(), self.shown(name)))
    }

    fn type_exists(&self, name: &Name) -> Option<String> {
        let full = self.schema.creation_name(name, false);
        let created_in = match (self.schema.enum_type(&full), self.schema.domain(&full)) {
            (Some(known), _) => known.created_in,
            (_, Some(known)) => known.created_in,
            // Of other types only the name is kept: this may be the shell that CREATE TYPE fills.
            _ => return None,
        };
        self.is_certain_part(created_in).then(|| format!("the type `{name}` exists"))
    }

    fn created_table(&self, create: &CreateTable, statement: &Statement) -> Option<String> {
        if create.if_not_exists || create.temporary {
            return None;
        }
        self.exists(&create.name)
            .or_else(|| missing_column(create))
            .or_else(|| second(create))
            .or_else(|| self.refers(statement))
    }

    fn created_index(&self, create: &CreateIndex) -> Option<String> {
        if let Some(why) = self.gone(&create.table) {
            return Some(why);
        }
        let table = self.schema.table(&create.table).filter(|table| table.is_known);
        let named = create.name.as_ref().filter(|_| !create.if_not_exists);
        let taken = named.zip(table).and_then(|(name, table)| {
            let full = Name { schema: table.name.schema.clone(), name: self.schema.kept_part(&name.name) };
            self.taken(&full).filter(|_| !self.schema.is_ambiguous(&create.table))
        });
        let columns = || create.keys.iter().filter_map(|key| key.column.as_ref()).chain(&create.include);
        // SQLite takes `"x"` for a string where there is no such column.
        let may_be_text = self.schema.engine().rebuilds_tables();
        let known = self.with_known_columns(&create.table).filter(|_| !create.if_not_exists && !may_be_text);
        taken.or_else(|| columns().find_map(|column| self.lacks(known?, column)))
    }
}
