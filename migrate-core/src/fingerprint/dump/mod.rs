//! A schema as SQL that makes it again.

mod clause;
mod order;

use std::fmt::Write;

use clause::{names, options, partition, range, sequence, sequence_options};
use order::in_order;

use super::statement::{comment, create_one, enabled, grants, in_schema, literal, parent, path, quoted};
use super::{Fingerprint, Object, ObjectId, ObjectKind};
use crate::Value;

/// A schema as SQL that makes it: what `Migrator::dump` writes.
///
/// Left out of it is what is left out of a [`Fingerprint`], and who owns what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Dump {
    /// Statements for an empty database, in an order in which each finds what it needs.
    pub sql: String,
    /// What is not in it, because a fingerprint does not hold enough of it: each with what is missing.
    pub left_out: Vec<String>,
}

/// What makes the schema of SQLite: the statements that the database holds, which `objects` have last.
pub(crate) fn sqlite(objects: &[Vec<Value>]) -> Dump {
    let statements = objects.iter().filter_map(|row| row.last()?.as_text());
    Dump { sql: statements.map(|sql| format!("{};\n", sql.trim_end())).collect(), left_out: Vec::new() }
}

/// What makes the schema of PostgreSQL.
pub(crate) fn postgres(fingerprint: &Fingerprint) -> Dump {
    let mut writer = Writer { fingerprint, statements: Vec::new(), left_out: Vec::new() };
    writer.write();
    let mut sql = String::new();
    // What a function's body names may come later than the function.
    for statement in
        ["SET check_function_bodies = false"].into_iter().map(str::to_owned).chain(writer.statements)
    {
        let _ = writeln!(sql, "{};\n", statement.trim_end_matches(';'));
    }
    Dump { sql: format!("{}\n", sql.trim_end()), left_out: writer.left_out }
}

struct Writer<'f> {
    fingerprint: &'f Fingerprint,
    statements: Vec<String>,
    left_out: Vec<String>,
}

impl<'f> Writer<'f> {
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
        self.left_out_kinds();
    }

    fn each(&mut self, kind: ObjectKind, write: impl Fn(&mut Self, &'f ObjectId, &'f Object)) {
        let fingerprint = self.fingerprint;
        let of_kind = fingerprint.objects.iter().filter(|(id, _)| id.kind == kind);
        of_kind.for_each(|(id, object)| write(self, id, object));
    }

    fn leave_out(&mut self, id: &ObjectId, what: &str) {
        self.left_out.push(format!("{id}: {what}"));
    }

    /// What one statement makes, from its definition alone.
    fn plain(&mut self, id: &'f ObjectId, object: &'f Object) {
        let comes_by_itself = (id.kind == ObjectKind::Schema && id.name == "public")
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

    /// What others may need before they can be made.
    fn object(&mut self, id: &'f ObjectId, object: &'f Object) {
        match id.kind {
            ObjectKind::Table => {
                let sql = self.table(id, object);
                self.statements.push(sql);
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

    fn parts(&self, whole: &'f ObjectId, kind: ObjectKind) -> Vec<(&'f ObjectId, &'f Object)> {
        let of_it = |(id, _): &(&ObjectId, &Object)| id.kind == kind && is_part_of(id, whole);
        self.fingerprint.objects.iter().filter(of_it).collect()
    }

    fn table(&mut self, id: &'f ObjectId, object: &'f Object) -> String {
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
        for (constraint, object) in self.parts(id, ObjectKind::Constraint) {
            if is_early(object) && !is_made_elsewhere(object) {
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

    /// The sequence behind an identity column, with its name.
    fn identity(&self, column: &ObjectId) -> String {
        let owner = unquoted(&[&column.schema, &column.parent, &column.name].map(String::as_str).join("."));
        let is_its = |object: &Object| object.get("identity of").is_some_and(|of| unquoted(of) == owner);
        let mut objects = self.fingerprint.objects.iter();
        let Some((id, object)) =
            objects.find(|(id, object)| id.kind == ObjectKind::Sequence && is_its(object))
        else {
            return String::new();
        };
        format!(" (SEQUENCE NAME {}{})", path(id), sequence_options(object))
    }

    fn domain(&self, id: &'f ObjectId, object: &'f Object) -> String {
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

    /// A sequence can belong to a column only when the table is there.
    fn owner(&mut self, id: &'f ObjectId, object: &'f Object) {
        if let Some(column) = object.get("owned by") {
            self.statements.push(format!("ALTER SEQUENCE {} OWNED BY {column}", path(id)));
        }
    }

    fn attachment(&mut self, id: &'f ObjectId, object: &'f Object) {
        if let Some(of) = object.get("partition of") {
            let (table, bound) = partition(of);
            self.statements.push(format!("ALTER TABLE ONLY {table} ATTACH PARTITION {} {bound}", path(id)));
        }
    }

    fn index_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
        let index = in_schema(id, &quoted(&id.name));
        if let Some(whole) = object.get("attached to") {
            self.statements.push(format!("ALTER INDEX {whole} ATTACH PARTITION {index}"));
        }
        self.of_index(id, object);
        // The index of a partitioned table is valid once those of all partitions are attached.
        if object.contains_key("valid")
            && object.get("definition").is_some_and(|sql| !sql.contains(" ON ONLY "))
        {
            self.leave_out(id, "that it is invalid");
        }
    }

    /// What a table does with an index, its own or that of a constraint.
    fn of_index(&mut self, id: &'f ObjectId, object: &'f Object) {
        let (table, index) = (parent(id), quoted(&id.name));
        if object.contains_key("clustered") {
            self.statements.push(format!("ALTER TABLE {table} CLUSTER ON {index}"));
        }
        if object.contains_key("replica identity") {
            self.statements.push(format!("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {index}"));
        }
        for column in object.get("statistics").into_iter().flat_map(|list| list.split(", ")) {
            if let Some((number, target)) = column.split_once(": ") {
                let index = in_schema(id, &index);
                self.statements
                    .push(format!("ALTER INDEX {index} ALTER COLUMN {number} SET STATISTICS {target}"));
            }
        }
    }

    /// Foreign keys need all tables, and what is not valid may not be checked.
    fn late_constraint(&mut self, id: &'f ObjectId, object: &'f Object) {
        let is_of_domain = object.contains_key("of domain");
        let is_made = if is_of_domain { !object.contains_key("valid") } else { is_early(object) };
        if !is_made && !object.contains_key("inherited") {
            self.plain(id, object);
        }
    }

    fn constraint_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
        let index = in_schema(id, &quoted(&id.name));
        if let Some(list) = object.get("options") {
            self.statements.push(format!("ALTER INDEX {index} SET ({})", options(list)));
        }
        if let Some(tablespace) = object.get("tablespace") {
            self.statements.push(format!("ALTER INDEX {index} SET TABLESPACE {}", quoted(tablespace)));
        }
        if let Some(comment) = object.get("index comment") {
            self.statements.push(format!("COMMENT ON INDEX {index} IS {}", literal(comment)));
        }
        self.of_index(id, object);
    }

    fn column_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
        let column = format!("ALTER TABLE ONLY {} ALTER COLUMN {}", parent(id), quoted(&id.name));
        let mut set = |property: &str, clause: &str| {
            if let Some(value) = object.get(property) {
                self.statements.push(format!("{column} SET {clause} {value}"));
            }
        };
        set("storage", "STORAGE");
        set("statistics", "STATISTICS");
        if !object.contains_key("type") {
            // A column of a view: its default is for what is inserted into the view.
            set("default", "DEFAULT");
        }
        if let Some(list) = object.get("options") {
            self.statements.push(format!("{column} SET ({})", options(list)));
        }
        if object.get("not null").is_some_and(|how| how == "not valid") {
            let (table, name) = (parent(id), quoted(&id.name));
            self.statements.push(format!("ALTER TABLE {table} ADD NOT NULL {name} NOT VALID"));
        }
    }

    fn table_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
        let mut alter = |action: &str| self.statements.push(format!("ALTER TABLE {} {action}", path(id)));
        if object.contains_key("row security") {
            alter("ENABLE ROW LEVEL SECURITY");
        }
        if object.contains_key("force row security") {
            alter("FORCE ROW LEVEL SECURITY");
        }
        match object.get("replica identity").map(String::as_str) {
            Some("full") => alter("REPLICA IDENTITY FULL"),
            Some("nothing") => alter("REPLICA IDENTITY NOTHING"),
            _ => {}
        }
    }

    fn switch(&mut self, id: &'f ObjectId, object: &'f Object) {
        let Some(state) = object.get("enabled") else { return };
        let word = id.kind.as_str().to_uppercase();
        if let Some(enable) = enabled(Some(state)) {
            self.statements.push(format!("ALTER TABLE {} {enable} {word} {}", parent(id), quoted(&id.name)));
        }
    }

    fn statistics_target(&mut self, id: &'f ObjectId, object: &'f Object) {
        if let Some(target) = object.get("target") {
            self.statements.push(format!("ALTER STATISTICS {} SET STATISTICS {target}", path(id)));
        }
    }

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

    /// What a fingerprint tells apart and does not hold in full.
    fn left_out_kinds(&mut self) {
        use ObjectKind::*;
        let kinds = [
            BaseType,
            ForeignTable,
            Operator,
            Cast,
            DefaultPrivileges,
            TextSearchDictionary,
            TextSearchConfiguration,
            ForeignDataWrapper,
            ForeignServer,
            EventTrigger,
            Publication,
        ];
        for kind in kinds {
            self.each(kind, |writer, id, _| writer.leave_out(id, "all of it"));
        }
    }
}

fn is_part_of(part: &ObjectId, whole: &ObjectId) -> bool {
    !part.parent.is_empty() && part.schema == whole.schema && part.parent == whole.name
}

/// What the schema `public` has in a new database.
fn is_initial(id: &ObjectId, property: &str, value: Option<&String>) -> bool {
    let initial = [("comment", "standard public schema"), ("grants to PUBLIC", "USAGE")];
    let is_public = id.kind == ObjectKind::Schema && id.name == "public";
    is_public && value.is_some_and(|value| initial.contains(&(property, value.as_str())))
}

/// What is written into CREATE TABLE: what needs no other table, and is checked from the beginning.
fn is_early(object: &Object) -> bool {
    let definition = object.get("definition").map_or("", String::as_str);
    !object.contains_key("of domain")
        && !object.contains_key("valid")
        && !definition.starts_with("FOREIGN KEY")
}

fn unquoted(path: &str) -> String {
    path.replace('"', "")
}
