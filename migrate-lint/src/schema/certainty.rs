//! How far the schema is certain: what the server has if all scripts before ran on an empty database.
//!
//! After `DO $$ … EXECUTE … $$` nothing that was there before is certain, and after `DROP … CASCADE` only tables and
//! columns are. What a later migration makes is certain again, so two numbers of migrations are enough.

use super::{Schema, Table};
use crate::sql::{Kind, Name, ObjectKind, Statement, cascades, may_do_anything};

/// The last migrations after which less is certain; 0 if there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Certainty {
    /// One with an effect that cannot be seen.
    opaque_in: u32,
    /// One that drops with CASCADE.
    cascaded_in: u32,
}

impl Schema {
    /// Notes that a script may have changed more than can be seen.
    pub(crate) fn note_opaque(&mut self) {
        self.certainty.opaque_in = self.current;
        self.gone.clear();
    }

    /// Notes what is no longer certain after a statement.
    pub(super) fn note(&mut self, statement: &Statement) {
        if may_do_anything(statement) || self.may_have_side_effects(statement) {
            self.note_opaque();
        } else if cascades(statement) {
            self.certainty.cascaded_in = self.current;
        }
    }

    /// Whether a statement may change the schema although its kind does not.
    fn may_have_side_effects(&self, statement: &Statement) -> bool {
        match &statement.kind {
            Kind::Transaction => true,
            Kind::Insert(_) | Kind::Update(_) | Kind::Delete(_) | Kind::Merge { .. } => {
                statement.calls.iter().any(|call| self.has_function_named(&call.name))
            }
            Kind::Drop(drop) => {
                drop.cascade
                    && matches!(
                        drop.object,
                        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Type | ObjectKind::Domain
                    )
            }
            // The names after it are in another schema. Without a value they are all qualified, as in a dump.
            _ => statement
                .set_config()
                .is_some_and(|(name, value)| name.eq_ignore_ascii_case("search_path") && !value.is_empty()),
        }
    }

    /// Whether a table that a migration with this number created is certainly there.
    pub(crate) fn is_certain(&self, created_in: u32) -> bool {
        created_in > self.certainty.opaque_in
    }

    /// Whether another object that a migration with this number created is certainly there: CASCADE may have dropped it.
    pub(crate) fn is_certain_part(&self, created_in: u32) -> bool {
        created_in > self.certainty.opaque_in.max(self.certainty.cascaded_in)
    }

    /// Whether the columns of a table are those that the scripts show.
    pub(crate) fn columns_are_certain(&self, table: &Table) -> bool {
        !table.may_be_older && self.is_certain(table.created_in)
    }

    /// Whether tables in different schemas have this name, if it names no schema.
    pub(crate) fn is_ambiguous(&self, name: &Name) -> bool {
        let of_name = self.tables.range(Name::new(&name.name)..);
        name.schema.is_none() && of_name.take_while(|(known, _)| known.name == name.name).nth(1).is_some()
    }
}
