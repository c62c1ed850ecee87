//! The schema of a database as a value: every object with its properties, read from the catalog by one query.
//!
//! What comes in are rows `(kind, schema, parent, name, property, value)`, such as
//! `(column, app, orders, note, type, text)`; what goes out is a [`Fingerprint`], of which two can be compared. The
//! same rows are kept next to the history. A property that has its default value has no row, so a `NOT NULL` that was
//! dropped and a `NOT NULL` that never existed are the same.

mod difference;
pub(crate) mod dump;
mod object;
pub(crate) mod postgres;
mod selection;
pub(crate) mod sqlite;
mod statement;
mod undo;

use std::collections::BTreeMap;

pub use difference::{Change, ChangeKind, Difference};
pub use dump::Dump;
pub use object::{Object, ObjectId, ObjectKind};
pub use selection::Selection;
pub use undo::Undo;

use crate::{Checksum, Engine, Value};

/// The schema of a database: each object with its properties.
///
/// It leaves out: what belongs to the system or to extensions, the history of migrations, rows, the current values of
/// sequences, owners, and what belongs to the server and not the database, such as roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    engine: Engine,
    objects: BTreeMap<ObjectId, Object>,
}

/// The property of a table that holds the order of its columns. The digest does not cover it.
pub(crate) const COLUMN_ORDER: &str = "columns";

impl Fingerprint {
    /// Makes a fingerprint of rows `(kind, schema, parent, name, property, value)`. A row with an empty property says
    /// only that the object exists.
    ///
    /// # Errors
    ///
    /// What is wrong with a row that this version of the library does not understand.
    pub fn from_rows<'r>(
        engine: Engine,
        rows: impl IntoIterator<Item = &'r [Value]>,
    ) -> Result<Fingerprint, String> {
        let mut objects: BTreeMap<ObjectId, Object> = BTreeMap::new();
        for row in rows {
            let texts: Option<Vec<&str>> = row.iter().map(Value::as_text).collect();
            let Some([kind, schema, parent, name, property, value]) = texts.as_deref() else {
                return Err(format!("it reads {row:?}"));
            };
            let kind =
                ObjectKind::from_word(kind).ok_or_else(|| format!("it is of an unknown kind, {kind}"))?;
            let [schema, parent, name] = [schema, parent, name].map(|name| (*name).to_owned());
            let object = objects.entry(ObjectId { kind, schema, parent, name }).or_default();
            if !property.is_empty() {
                object.insert((*property).to_owned(), (*value).to_owned());
            }
        }
        Ok(Fingerprint { engine, objects })
    }

    /// The engine that it was read from.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The objects, ordered by kind and name.
    pub fn objects(&self) -> &BTreeMap<ObjectId, Object> {
        &self.objects
    }

    /// The parts of an object that are of this kind, such as the columns of a table.
    pub(crate) fn parts(
        &self,
        whole: &ObjectId,
        kind: ObjectKind,
    ) -> impl Iterator<Item = (&ObjectId, &Object)> {
        let first =
            ObjectId { kind, schema: whole.schema.clone(), parent: whole.name.clone(), name: String::new() };
        let (schema, parent) = (first.schema.clone(), first.parent.clone());
        let of_it = move |(id, _): &(&ObjectId, &Object)| {
            !id.parent.is_empty() && id.kind == kind && id.schema == schema && id.parent == parent
        };
        // The order of the objects has the parts of one object side by side.
        self.objects.range(first..).take_while(of_it)
    }

    /// A checksum of everything except the order of columns in their tables. Two digests are equal if and only if
    /// [`Fingerprint::diff`] finds no other difference.
    pub fn digest(&self) -> Checksum {
        let properties = self.objects.iter().flat_map(|(id, object)| {
            let id = [id.kind.as_str(), &id.schema, &id.parent, &id.name];
            let properties = object.iter().filter(|(property, _)| *property != COLUMN_ORDER);
            let properties = properties.flat_map(|(property, value)| [property.as_str(), value]);
            id.into_iter().chain(properties).chain([""])
        });
        Checksum::of_parts(properties)
    }

    /// How the schema `after` differs from this one.
    pub fn diff(&self, after: &Fingerprint) -> Difference {
        Difference::between(self, after)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        #[derive(serde::Serialize)]
        struct One<'a> {
            #[serde(flatten)]
            id: &'a ObjectId,
            properties: &'a Object,
        }
        let objects: Vec<One<'_>> =
            self.objects.iter().map(|(id, properties)| One { id, properties }).collect();
        let mut state = serializer.serialize_struct("Fingerprint", 3)?;
        state.serialize_field("engine", &self.engine.to_string())?;
        state.serialize_field("digest", &self.digest())?;
        state.serialize_field("objects", &objects)?;
        state.end()
    }
}

#[cfg(test)]
mod tests;
