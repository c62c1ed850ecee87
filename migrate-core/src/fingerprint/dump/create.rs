//! Objects that are created with their parts: tables with columns and constraints, domains with theirs.
//!
//! What comes in is a table with the objects that belong to it; what goes out is one CREATE TABLE.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::super::statement::{path, quoted};
use super::super::{Fingerprint, Object, ObjectId, ObjectKind};
use super::Writer;
use super::clause::{names, options, sequence_options};

impl<'f> Writer<'f> {
    /// The parts of an object that are of this kind.
    fn parts(&self, whole: &'f ObjectId, kind: ObjectKind) -> Vec<(&'f ObjectId, &'f Object)> {
        self.fingerprint.parts(whole, kind).collect()
    }

    /// The statement that makes a table.
    pub(super) fn table(&mut self, id: &'f ObjectId, object: &'f Object) -> String {
        if object.contains_key("of type") {
            self.leave_out(id, "the type that it is of");
        }
        let is_partition = object.contains_key("partition of");
        let is_made_elsewhere = |object: &Object| object.contains_key("inherited") && !is_partition;
        let columns = self.parts(id, ObjectKind::Column);
        let order = names(object.get("columns").map_or("", String::as_str));
        let mut lines: Vec<String> = Vec::new();
        for name in &order {
            let column = columns.iter().find(|(column, _)| column.name == *name);
            if let Some((column, object)) = column.filter(|(_, object)| !is_made_elsewhere(object)) {
                lines.push(self.column(column, object));
            }
        }
        let repeated = self.repeated_keys(id);
        for (constraint, object) in self.parts(id, ObjectKind::Constraint) {
            let is_repeated = repeated.iter().any(|(id, _)| *id == constraint);
            if is_early(object) && !is_made_elsewhere(object) && !is_repeated {
                lines.push(format!("CONSTRAINT {} {}", quoted(&constraint.name), object["definition"]));
            }
        }
        let unlogged = if object.contains_key("persistence") { "UNLOGGED " } else { "" };
        let mut sql = format!("CREATE {unlogged}TABLE {} (", path(id));
        for (i, line) in lines.iter().enumerate() {
            let _ = write!(sql, "{}\n    {line}", if i == 0 { "" } else { "," });
        }
        sql += "\n)";
        let mut clause = |property: &str, before: &str, behind: &str| {
            if let Some(value) = object.get(property) {
                let _ = write!(sql, " {before}{value}{behind}");
            }
        };
        clause("inherits", "INHERITS (", ")");
        clause("partition by", "PARTITION BY ", "");
        clause("access method", "USING ", "");
        if let Some(list) = object.get("options") {
            let _ = write!(sql, " WITH ({})", options(list));
        }
        if let Some(tablespace) = object.get("tablespace") {
            let _ = write!(sql, " TABLESPACE {}", quoted(tablespace));
        }
        sql
    }

    /// The keys of a table with the columns of a key before them. Of two in one CREATE TABLE the server makes one, but it
    /// makes both if the second is added.
    pub(super) fn repeated_keys(&self, id: &'f ObjectId) -> Vec<(&'f ObjectId, &'f Object)> {
        let mut keys = self.parts(id, ObjectKind::Constraint);
        keys.retain(|(_, object)| is_early(object) && key(object).is_some());
        // The primary key comes with the table, because a view may need it.
        keys.sort_by_key(|(_, object)| !object["definition"].starts_with("PRIMARY KEY"));
        let mut seen = HashSet::new();
        keys.retain(|(_, object)| !key(object).is_some_and(|columns| seen.insert(columns)));
        keys
    }

    /// A column inside of CREATE TABLE.
    fn column(&mut self, id: &'f ObjectId, object: &'f Object) -> String {
        let mut sql = format!("{} {}", quoted(&id.name), object.get("type").map_or("", String::as_str));
        let mut clause = |property: &str, before: &str| {
            if let Some(value) = object.get(property) {
                let _ = write!(sql, " {before}{value}");
            }
        };
        clause("compression", "COMPRESSION ");
        clause("collation", "COLLATE ");
        clause("default", "DEFAULT ");
        clause("generated", "GENERATED ALWAYS AS ");
        if let Some(how) = object.get("identity") {
            let _ = write!(sql, " GENERATED {how} AS IDENTITY{}", self.identity(id));
        }
        match object.get("not null").map(String::as_str) {
            Some("true") => sql += " NOT NULL",
            Some("no inherit") => sql += " NOT NULL NO INHERIT",
            _ => {}
        }
        sql
    }

    /// The sequence of an identity column, with its name.
    fn identity(&self, column: &ObjectId) -> String {
        let owner = unquoted(&[&column.schema, &column.parent, &column.name].map(String::as_str).join("."));
        let sequence = self.identities.get(&owner);
        sequence.map_or(String::new(), |(id, object)| {
            format!(" (SEQUENCE NAME {}{})", path(id), sequence_options(object))
        })
    }

    /// The statement that makes a domain.
    pub(super) fn domain(&self, id: &'f ObjectId, object: &'f Object) -> String {
        let mut sql =
            format!("CREATE DOMAIN {} AS {}", path(id), object.get("type").map_or("", String::as_str));
        for (property, before) in [("collation", "COLLATE "), ("default", "DEFAULT ")] {
            if let Some(value) = object.get(property) {
                let _ = write!(sql, " {before}{value}");
            }
        }
        if object.contains_key("not null") {
            sql += " NOT NULL";
        }
        for (constraint, object) in self.parts(id, ObjectKind::Constraint) {
            if !object.contains_key("valid") {
                let _ = write!(sql, " CONSTRAINT {} {}", quoted(&constraint.name), object["definition"]);
            }
        }
        sql
    }
}

/// Whether a constraint is written into CREATE TABLE: it needs no other table, and is checked from the beginning.
pub(super) fn is_early(object: &Object) -> bool {
    let definition = object.get("definition").map_or("", String::as_str);
    !object.contains_key("of domain")
        && !object.contains_key("valid")
        && !definition.starts_with("FOREIGN KEY")
}

/// What the index of a key is made of; `None` for other constraints.
fn key(object: &Object) -> Option<&str> {
    let definition = object.get("definition")?;
    let words = ["PRIMARY KEY ", "UNIQUE "];
    words
        .iter()
        .find_map(|word| definition.strip_prefix(word))
        .or_else(|| definition.starts_with("EXCLUDE ").then_some(definition))
}

/// A path without quotes.
pub(super) fn unquoted(path: &str) -> String {
    path.replace('"', "")
}

/// The sequences of identity columns, by the unquoted names of the columns.
pub(super) fn identities(fingerprint: &Fingerprint) -> HashMap<String, (&ObjectId, &Object)> {
    let sequences = fingerprint.objects.iter().filter(|(id, _)| id.kind == ObjectKind::Sequence);
    sequences.filter_map(|one| Some((unquoted(one.1.get("identity of")?), one))).collect()
}
