//! What of a schema is looked at: the objects of some schemas, without those that are ignored.
//!
//! What comes in are names and patterns, `app.events_*`; what goes out is a [`Fingerprint`] without the partition
//! `app.events_2026` and all that belongs to it.

use std::collections::HashSet;

use super::{Fingerprint, Object, ObjectId, ObjectKind};

/// The schemas that are looked at, and the objects in them that are not.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// All schemas if it is empty. What is in no schema, such as an extension, is looked at only then.
    pub schemas: Vec<String>,
    /// Patterns of names, in which `*` stands for any characters and `?` for one.
    pub ignore: Vec<String>,
}

impl Selection {
    /// A selection from lists with a name or a pattern in each line.
    pub fn of_lines(schemas: &str, ignore: &str) -> Selection {
        let list = |lines: &str| lines.lines().map(str::to_owned).collect();
        Selection { schemas: list(schemas), ignore: list(ignore) }
    }

    /// Whether it takes everything.
    pub fn is_all(&self) -> bool {
        self.schemas.is_empty() && self.ignore.is_empty()
    }

    /// Whether it takes an object by its names: those of its schema and of the table that it belongs to, and its own.
    pub(crate) fn takes(&self, schema: &str, parent: &str, name: &str) -> bool {
        let is_in_schema = self.schemas.is_empty() || self.schemas.iter().any(|one| one == schema);
        let names = [parent, name].into_iter().filter(|name| !name.is_empty());
        let paths: Vec<String> = names.map(|name| format!("{schema}.{name}")).collect();
        let is_ignored = |pattern: &String| match pattern.contains('.') {
            true => paths.iter().any(|path| matches(pattern, path)),
            false => [schema, parent, name].iter().any(|one| !one.is_empty() && matches(pattern, one)),
        };
        is_in_schema && !self.ignore.iter().any(is_ignored)
    }

    fn takes_object(&self, id: &ObjectId) -> bool {
        match id.kind {
            // `app.*` is all that is in the schema, and the schema.
            ObjectKind::Schema => {
                let whole = format!("{}.*", id.name);
                self.takes(&id.name, "", &id.name) && !self.ignore.contains(&whole)
            }
            _ => self.takes(&id.schema, &id.parent, id.name.split('(').next().unwrap_or_default()),
        }
    }
}

impl Fingerprint {
    /// The part of it that is looked at.
    #[must_use]
    pub fn selected(mut self, selection: &Selection) -> Fingerprint {
        if selection.is_all() {
            return self;
        }
        let is_table = |id: &ObjectId| id.parent.is_empty() && id.kind != ObjectKind::Schema;
        let left_out = self.objects.keys().filter(|id| is_table(id) && !selection.takes_object(id));
        let left_out: HashSet<String> = left_out.map(ObjectId::path).collect();
        // A sequence belongs to the column that it is for.
        let is_of_left_out = |object: &Object| {
            let column = object.get("owned by").or_else(|| object.get("identity of"));
            let table = column.and_then(|column| column.rsplit_once('.')).map(|(table, _)| table);
            table.is_some_and(|table| left_out.contains(table))
        };
        self.objects.retain(|id, object| selection.takes_object(id) && !is_of_left_out(object));
        self
    }
}

/// Whether a text has the form of a pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| matches(rest.as_str(), &text[at..]))
        }
        Some(first) => {
            let mut characters = text.chars();
            let fits = characters.next().is_some_and(|next| first == '?' || first == next);
            fits && matches(rest.as_str(), characters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, Value};

    #[test]
    fn a_pattern_takes_what_has_its_form() {
        let cases = [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*_old", "a_old", true),
            ("*_old", "a_older", false),
            ("a?c", "aüc", true),
            ("a?c", "ac", false),
            ("*", "", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    /// Kind, schema, parent, name; property and value.
    const OBJECTS: [[&str; 6]; 13] = [
        ["schema", "", "", "app", "", ""],
        ["schema", "", "", "tiger", "", ""],
        ["extension", "", "", "postgis", "", ""],
        ["table", "app", "", "events_1", "", ""],
        ["column", "app", "events_1", "id", "", ""],
        ["index", "app", "events_1", "by_id", "", ""],
        ["sequence", "app", "", "numbers", "owned by", "app.events_1.id"],
        ["table", "app", "", "Events", "", ""],
        ["sequence", "app", "", "more", "identity of", "app.\"Events\".id"],
        ["function", "app", "", "events_of(integer)", "", ""],
        ["table", "tiger", "", "streets", "", ""],
        ["table", "public", "", "spatial_ref_sys", "", ""],
        ["table", "public", "", "orders", "", ""],
    ];

    fn left(schemas: &[&str], ignore: &[&str]) -> Vec<String> {
        let rows: Vec<Vec<Value>> = OBJECTS.map(|row| row.map(Value::from).into()).into();
        let all = Fingerprint::from_rows(Engine::Postgres, rows.iter().map(Vec::as_slice)).unwrap();
        let selection = Selection::of_lines(&schemas.join("\n"), &ignore.join("\n"));
        all.selected(&selection).objects.keys().map(|id| id.name.clone()).collect()
    }

    #[test]
    fn what_belongs_to_what_is_ignored_is_ignored() {
        assert_eq!(left(&[], &[]).len(), OBJECTS.len());
        let gone = |schemas: &[&str], ignore: &[&str]| {
            let left = left(schemas, ignore);
            let gone = OBJECTS.iter().map(|row| row[3]).filter(|name| !left.contains(&(*name).to_owned()));
            gone.collect::<Vec<_>>()
        };
        assert_eq!(
            gone(&[], &["app.events_*"]),
            ["events_1", "id", "by_id", "numbers", "events_of(integer)"]
        );
        assert_eq!(gone(&[], &["Events"]), ["Events", "more"]);
        assert_eq!(gone(&[], &["tiger.*"]), ["tiger", "streets"]);
        assert_eq!(gone(&[], &["tiger"]), ["tiger", "streets"]);
        assert_eq!(gone(&[], &["app.events_1.id"]), [""; 0]);
        assert_eq!(gone(&[], &["spatial_ref_sys", "postgis"]), ["postgis", "spatial_ref_sys"]);
        assert_eq!(gone(&["app", "tiger"], &[]), ["postgis", "spatial_ref_sys", "orders"]);
        assert_eq!(left(&["public"], &["spatial_ref_sys"]), ["orders"]);
    }
}
