//! A schema as SQL that makes it again.
//!
//! What comes in is a [`Fingerprint`]; what goes out is a [`Dump`], statements in an order in which each finds what
//! it needs. The dump is made of the same rows as a drift report, so there is one description of a schema and not
//! two.

mod clause;
mod create;
mod left_out;
mod order;
mod settings;

use std::collections::HashMap;
use std::fmt::Write;

use clause::{range, sequence};
use create::identities;
use left_out::writable;
use order::in_order;

use super::statement::{comment, create_one, grants, path};
use super::{Fingerprint, Object, ObjectId, ObjectKind, Selection};
use crate::Value;

/// A schema as SQL that makes it: what `Migrator::dump` writes.
///
/// It leaves out what a [`Fingerprint`] leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Dump {
    /// Statements for an empty database, in an order in which each finds what it needs.
    pub sql: String,
    /// What is missing, because a fingerprint does not hold enough of it: each object with the missing part.
    pub left_out: Vec<String>,
}

/// The schema of SQLite: the statements that the database holds, in the last column of `objects`, after the kind of each object,
/// its name and that of its table.
pub(crate) fn sqlite(objects: &[Vec<Value>], selection: &Selection) -> Dump {
    let is_taken = |row: &&Vec<Value>| {
        let name = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default();
        selection.takes("", name(2), name(1))
    };
    let statements = objects.iter().filter(is_taken).filter_map(|row| row.last()?.as_text());
    Dump { sql: statements.map(|sql| format!("{};\n", sql.trim_end())).collect(), left_out: Vec::new() }
}

/// The part of a schema of PostgreSQL that is looked at.
pub(crate) fn postgres(fingerprint: &Fingerprint, selection: &Selection) -> Dump {
    let (fingerprint, left_out) = &writable(fingerprint);
    let left_out = left_out.iter().map(|id| format!("{id}: all of it")).collect();
    let mut writer =
        Writer { fingerprint, identities: identities(fingerprint), statements: Vec::new(), left_out };
    // A schema that is not looked at is left as it is.
    if selection.takes("public", "", "public") {
        writer.public();
    }
    writer.write();
    let mut sql = String::new();
    // The body of a function may name objects that come later.
    for statement in
        ["SET check_function_bodies = false"].into_iter().map(str::to_owned).chain(writer.statements)
    {
        let _ = writeln!(sql, "{};\n", statement.trim_end_matches(';'));
    }
    Dump { sql: format!("{}\n", sql.trim_end()), left_out: writer.left_out }
}

/// The statements that were written so far.
struct Writer<'f> {
    fingerprint: &'f Fingerprint,
    /// The sequences of identity columns, by the names of the columns.
    identities: HashMap<String, (&'f ObjectId, &'f Object)>,
    statements: Vec<String>,
    left_out: Vec<String>,
}

impl<'f> Writer<'f> {
    /// Writes all statements, objects first, then indexes and keys, then settings and privileges.
    fn write(&mut self) {
        use ObjectKind::*;
        for kind in [Schema, Extension] {
            self.each(kind, Writer::plain);
        }
        for (id, object) in in_order(self.fingerprint) {
            self.object(id, object);
        }
        self.each(Sequence, Writer::owner);
        self.each(Table, Writer::attachment);
        self.each(Index, Writer::plain);
        self.each(Index, Writer::index_settings);
        self.each(Constraint, Writer::late_constraint);
        self.each(Constraint, Writer::constraint_settings);
        self.each(Column, Writer::column_settings);
        self.each(Table, Writer::table_settings);
        for kind in [Trigger, Rule, Policy, Statistics] {
            self.each(kind, Writer::plain);
        }
        for kind in [Trigger, Rule] {
            self.each(kind, Writer::switch);
        }
        self.each(Statistics, Writer::statistics_target);
        let objects = &self.fingerprint.objects;
        for (id, object) in objects {
            self.grants(id, object);
        }
        let commented =
            objects.iter().filter(|(id, object)| !is_initial(id, "comment", object.get("comment")));
        self.statements.extend(commented.filter_map(|(id, object)| comment(id, object)));
    }

    /// Writes something for each object of a kind.
    fn each(&mut self, kind: ObjectKind, write: impl Fn(&mut Self, &'f ObjectId, &'f Object)) {
        let fingerprint = self.fingerprint;
        let of_kind = fingerprint.objects.iter().filter(|(id, _)| id.kind == kind);
        of_kind.for_each(|(id, object)| write(self, id, object));
    }

    /// Notes what is missing.
    fn leave_out(&mut self, id: &ObjectId, what: &str) {
        self.left_out.push(format!("{id}: {what}"));
    }

    /// A new database has a schema `public` with a comment, and every role may use it.
    fn public(&mut self) {
        let public = self.fingerprint.objects.iter().find(|(id, _)| is_public(id));
        let Some((_, object)) = public else {
            return self.statements.push("DROP SCHEMA \"public\"".to_owned());
        };
        for (property, taken_away) in [
            ("grants to PUBLIC", "REVOKE ALL ON SCHEMA \"public\" FROM PUBLIC"),
            ("comment", "COMMENT ON SCHEMA \"public\" IS NULL"),
        ] {
            if !object.contains_key(property) {
                self.statements.push(taken_away.to_owned());
            }
        }
    }

    /// An object that one statement makes, from its definition alone.
    fn plain(&mut self, id: &'f ObjectId, object: &'f Object) {
        let comes_by_itself = is_public(id)
            || (id.kind == ObjectKind::Extension && id.name == "plpgsql")
            || (id.kind == ObjectKind::Trigger && object.contains_key("inherited"));
        if comes_by_itself {
            return;
        }
        match create_one(id, object) {
            Some((_, sql)) => self.statements.push(sql),
            None => self.leave_out(id, "all of it"),
        }
    }

    /// An object that others may need before they can be made.
    fn object(&mut self, id: &'f ObjectId, object: &'f Object) {
        match id.kind {
            ObjectKind::Table => {
                let sql = self.table(id, object);
                self.statements.push(sql);
                for (key, object) in self.repeated_keys(id) {
                    self.plain(key, object);
                }
            }
            ObjectKind::Sequence => {
                if let Some(sql) = sequence(id, object) {
                    self.statements.push(sql);
                }
            }
            ObjectKind::Domain => {
                let sql = self.domain(id, object);
                self.statements.push(sql);
            }
            ObjectKind::CompositeType => {
                let attributes = object.get("attributes").map_or("", String::as_str);
                self.statements.push(format!("CREATE TYPE {} AS ({attributes})", path(id)));
            }
            ObjectKind::RangeType => {
                let sql = range(id, object);
                self.statements.push(sql);
            }
            _ => self.plain(id, object),
        }
    }

    /// The privileges of an object.
    fn grants(&mut self, id: &'f ObjectId, object: &'f Object) {
        for (property, privileges) in object {
            let Some(role) = property.strip_prefix("grants to ") else { continue };
            if is_initial(id, property, Some(privileges)) {
                continue;
            }
            match grants(id, role, Some(privileges), None) {
                Some(sql) => self.statements.push(sql),
                None => self.leave_out(id, &format!("{property} ({privileges})")),
            }
        }
    }
}

/// Whether it is the schema `public`.
fn is_public(id: &ObjectId) -> bool {
    id.kind == ObjectKind::Schema && id.name == "public"
}

/// Whether the schema `public` has this property in a new database.
fn is_initial(id: &ObjectId, property: &str, value: Option<&String>) -> bool {
    let initial = [("comment", "standard public schema"), ("grants to PUBLIC", "USAGE")];
    is_public(id) && value.is_some_and(|value| initial.contains(&(property, value.as_str())))
}
