//! DROP of what is not there, and of what something else needs.

use std::collections::BTreeSet;

use super::Place;
use crate::schema::Table;
use crate::sql::{Drop, Name, ObjectKind};

impl Place<'_> {
    pub(super) fn dropped(&self, drop: &Drop) -> Option<String> {
        let missing = drop.names.iter().filter(|_| !drop.if_exists).find_map(|name| self.missing(drop, name));
        missing.or_else(|| drop.names.iter().find_map(|name| self.needed(drop, name)))
    }

    /// That the object is not there.
    fn missing(&self, drop: &Drop, name: &Name) -> Option<String> {
        let table = drop.table.as_ref();
        if drop.object == ObjectKind::Index && self.gone(name).is_some() {
            return Some(format!(
                "the index `{name}` was dropped or renamed before, or went with its table or column"
            ));
        }
        if !self.knows_all {
            return match table {
                Some(table) => self.gone(table),
                None => self.gone(name),
            };
        }
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
            if !self.is_certain_part(index.created_in) {
                return None;
            }
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
                let user = self.tables().filter(|table| self.are_parts_certain(table)).find(uses)?;
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
        let is_certain = |owner: &Table| owner.is_known && self.are_parts_certain(owner);
        if let Some((owner, _)) = inside.chain(outside).find(|(owner, _)| !goes(owner) && is_certain(owner)) {
            return Some(format!("a foreign key of `{}` refers to `{name}`", owner.name));
        }
        let inside = self.schema.views_on(&name);
        let outside = self.whole.views_on(&name).filter(|view| self.is_outside_view(&view.name));
        let view = inside
            .chain(outside)
            .find(|view| !going.contains(&view.name) && self.is_certain_part(view.created_in))?;
        Some(format!("the view `{}` reads `{name}`", view.name))
    }

    fn type_needed(&self, name: &Name) -> Option<String> {
        let inside = self.schema.columns_of_type(name);
        let outside = self.whole.columns_of_type(name).filter(|(owner, _)| self.is_outside(&owner.name));
        let (table, column) = inside.chain(outside).find(|(owner, column)| {
            owner.is_known && self.is_certain(owner.created_in) && self.is_certain(column.created_in)
        })?;
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
}
