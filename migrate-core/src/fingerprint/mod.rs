//! The schema of a database as a value: every object with its properties, read from the catalog by one query.
//!
//! An engine answers with rows `(kind, schema, parent, name, property, value)`, and the same rows are kept beside the
//! history. A property that is as it would be without being asked for has no row, so that `NOT NULL` that was dropped and
//! `NOT NULL` that was never there are the same.

mod difference;
pub(crate) mod dump;
mod object;
pub(crate) mod postgres;
pub(crate) mod sqlite;
mod statement;
mod undo;

use std::collections::BTreeMap;

pub use difference::{Change, ChangeKind, Difference};
pub use dump::Dump;
pub use object::{Object, ObjectId, ObjectKind};
pub use undo::Undo;

use crate::{Checksum, Engine, Value};

/// The schema of a database: each object with its properties.
///
/// Left out are: what the system and extensions own, the history of migrations, rows, the present values of sequences, who
/// owns what, and what is the server's and not the database's, such as roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    engine: Engine,
    objects: BTreeMap<ObjectId, Object>,
}

/// The property of a table that holds the order of its columns, which the digest does not cover.
pub(crate) const COLUMN_ORDER: &str = "columns";

impl Fingerprint {
    /// Folds rows `(kind, schema, parent, name, property, value)`; one with an empty property says that the object exists.
    ///
    /// # Errors
    ///
    /// When a row is not one that this version of the library understands; with what is wrong in it.
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

    /// The objects, in their order.
    pub fn objects(&self) -> &BTreeMap<ObjectId, Object> {
        &self.objects
    }

    /// What belongs to an object and is of this kind, such as the columns of a table.
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
        // The order of the objects has them side by side.
        self.objects.range(first..).take_while(of_it)
    }

    /// A checksum of everything but the order of columns in their tables: equal when and only when
    /// [`Fingerprint::diff`] finds nothing but that.
    pub fn digest(&self) -> Checksum {
        let properties = self.objects.iter().flat_map(|(id, object)| {
            let id = [id.kind.as_str(), &id.schema, &id.parent, &id.name];
            let properties = object.iter().filter(|(property, _)| *property != COLUMN_ORDER);
            let properties = properties.flat_map(|(property, value)| [property.as_str(), value]);
            id.into_iter().chain(properties).chain([""])
        });
        Checksum::of_parts(properties)
    }

    /// What has become of the objects in `after`.
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
