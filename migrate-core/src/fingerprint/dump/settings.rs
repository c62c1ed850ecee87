//! Statements about objects that exist already: settings, attachments, late constraints.
//!
//! What comes in are objects; what goes out are ALTER statements, which come after all objects are made.

use std::collections::HashSet;

use super::super::statement::{enabled, in_schema, literal, parent, path, quoted};
use super::super::{Object, ObjectId, ObjectKind};
use super::Writer;
use super::clause::{options, partition};
use super::create::{is_early, unquoted};

impl<'f> Writer<'f> {
    /// A sequence can belong to a column only once the table exists.
    pub(super) fn owner(&mut self, id: &'f ObjectId, object: &'f Object) {
        if let Some(column) = object.get("owned by") {
            self.statements.push(format!("ALTER SEQUENCE {} OWNED BY {column}", path(id)));
        }
    }

    /// Attaches a partition to its table.
    pub(super) fn attachment(&mut self, id: &'f ObjectId, object: &'f Object) {
        if let Some(of) = object.get("partition of") {
            let (table, bound) = partition(of);
            self.statements.push(format!("ALTER TABLE ONLY {table} ATTACH PARTITION {} {bound}", path(id)));
        }
    }

    /// Attaches an index to that of the partitioned table, and sets its options.
    pub(super) fn index_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
        let index = in_schema(id, &quoted(&id.name));
        if let Some(whole) = object.get("attached to") {
            self.statements.push(format!("ALTER INDEX {whole} ATTACH PARTITION {index}"));
        }
        self.of_index(id, object);
        // The index of a partitioned table becomes valid once those of all partitions are attached.
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

    /// Foreign keys need all tables, and a constraint that is not valid must not be checked.
    pub(super) fn late_constraint(&mut self, id: &'f ObjectId, object: &'f Object) {
        let is_of_domain = object.contains_key("of domain");
        let is_made = if is_of_domain { !object.contains_key("valid") } else { is_early(object) };
        if !is_made && !object.contains_key("inherited") {
            self.plain(id, object);
        }
    }

    /// Settings of the index of a constraint.
    pub(super) fn constraint_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
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

    /// Settings of a column.
    pub(super) fn column_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
        let column = format!("ALTER TABLE ONLY {} ALTER COLUMN {}", parent(id), quoted(&id.name));
        let mut set = |property: &str, clause: &str| {
            if let Some(value) = object.get(property) {
                self.statements.push(format!("{column} SET {clause} {value}"));
            }
        };
        set("storage", "STORAGE");
        set("statistics", "STATISTICS");
        if !object.contains_key("type") {
            // The default of a view's column is for rows that are inserted into the view.
            set("default", "DEFAULT");
        }
        if object.contains_key("inherited") {
            self.of_inherited_column(id, object);
        }
        if let Some(list) = object.get("options") {
            self.statements.push(format!("{column} SET ({})", options(list)));
        }
        if object.get("not null").is_some_and(|how| how == "not valid") {
            let (table, name) = (parent(id), quoted(&id.name));
            self.statements.push(format!("ALTER TABLE {table} ADD NOT NULL {name} NOT VALID"));
        }
    }

    /// The default and NOT NULL of a column that came from a parent, where they are not those of all its ancestors: the table
    /// was made before any of them got its own.
    fn of_inherited_column(&mut self, id: &'f ObjectId, object: &'f Object) {
        let ancestors = self.ancestors(&unquoted(&format!("{}.{}", id.schema, id.parent)));
        let objects = &self.fingerprint.objects;
        let is_inherited = |property: &str| {
            let of_ancestors = objects.iter().filter(|(other, _)| {
                other.kind == ObjectKind::Column
                    && other.name == id.name
                    && ancestors.contains(&unquoted(&format!("{}.{}", other.schema, other.parent)))
            });
            of_ancestors.into_iter().all(|(_, column)| column.get(property) == object.get(property))
        };
        let column = format!("ALTER COLUMN {}", quoted(&id.name));
        if !is_inherited("default") {
            let change = match object.get("default") {
                Some(default) => format!("SET DEFAULT {default}"),
                None => "DROP DEFAULT".to_owned(),
            };
            self.statements.push(format!("ALTER TABLE ONLY {} {column} {change}", parent(id)));
        }
        if object.get("not null").is_some_and(|how| how == "true") && !is_inherited("not null") {
            self.statements.push(format!("ALTER TABLE {} {column} SET NOT NULL", parent(id)));
        }
    }

    /// The tables that a table inherits from, directly or not.
    fn ancestors(&self, table: &str) -> HashSet<String> {
        let mut ancestors = HashSet::new();
        let mut next = vec![table.to_owned()];
        while let Some(table) = next.pop() {
            let is_it = |id: &ObjectId| {
                id.kind == ObjectKind::Table && unquoted(&format!("{}.{}", id.schema, id.name)) == table
            };
            let object = self.fingerprint.objects.iter().find(|(id, _)| is_it(id)).map(|(_, object)| object);
            let parents = object.and_then(|object| object.get("inherits")).map_or("", String::as_str);
            let parents = parents.split(", ").filter(|parent| !parent.is_empty()).map(unquoted);
            next.extend(parents.filter(|parent| ancestors.insert(parent.clone())));
        }
        ancestors
    }

    /// Settings of a table.
    pub(super) fn table_settings(&mut self, id: &'f ObjectId, object: &'f Object) {
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

    /// The state of a trigger or rule.
    pub(super) fn switch(&mut self, id: &'f ObjectId, object: &'f Object) {
        let Some(state) = object.get("enabled") else { return };
        let word = id.kind.as_str().to_uppercase();
        if let Some(enable) = enabled(Some(state)) {
            self.statements.push(format!("ALTER TABLE {} {enable} {word} {}", parent(id), quoted(&id.name)));
        }
    }

    /// The target of extended statistics.
    pub(super) fn statistics_target(&mut self, id: &'f ObjectId, object: &'f Object) {
        if let Some(target) = object.get("target") {
            self.statements.push(format!("ALTER STATISTICS {} SET STATISTICS {target}", path(id)));
        }
    }
}
