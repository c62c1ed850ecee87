//! The SQL that takes a change back, if that is certain.
//!
//! What comes in is a change with both schemas; what goes out is `ALTER TABLE "orders" DROP COLUMN "note"`, or
//! nothing if the two schemas do not say enough.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::statement::{comment, create_one, enabled, grants, literal, parent, path, quoted, target};
use super::{Change, ChangeKind, Fingerprint, Object, ObjectId, ObjectKind};
use crate::Engine;

/// The SQL that takes a change back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Undo {
    /// The statement, or statements with semicolons between them.
    pub sql: String,
    /// Whether it deletes rows or values.
    pub loses_data: bool,
}

/// The SQL that takes `change` back. `None` if that needs more than the two schemas hold, such as deleted rows, or if
/// a statement might do more or less than that.
pub(super) fn undo(
    change: &Change,
    before: &Fingerprint,
    after: &Fingerprint,
    mentions: &Mentions<'_>,
) -> Option<Undo> {
    let id = &change.object;
    let engine = before.engine;
    let sql = match &change.kind {
        ChangeKind::Added if engine.drop_refuses_named_column() && id.kind == ObjectKind::Column => {
            let is_named = mentions.elsewhere(id);
            (!is_named).then(|| format!("ALTER TABLE {} DROP COLUMN {}", parent(id), quoted(&id.name)))?
        }
        ChangeKind::Added => drop(engine, id, after)?,
        ChangeKind::Removed => create(engine, id, before)?,
        ChangeKind::Changed { property, before: old, after: new } if engine.alters_in_place() => {
            let object = &before.objects[id];
            set_back(id, object, property, old.as_deref(), new.as_deref())?
        }
        ChangeKind::Changed { .. } => replace(engine, id, before)?,
        ChangeKind::ColumnOrder { .. } => return None,
    };
    let loses_data = change.kind == ChangeKind::Added && holds_data(id.kind);
    Some(Undo { sql, loses_data })
}

/// Whether dropping such an object deletes rows or values.
fn holds_data(kind: ObjectKind) -> bool {
    use ObjectKind::{Column, Extension, Table, VirtualTable};
    matches!(kind, Table | VirtualTable | Column | Extension)
}

/// Drops an object that was added.
fn drop(engine: Engine, id: &ObjectId, after: &Fingerprint) -> Option<String> {
    let object = &after.objects[id];
    let comes_with_another =
        ["inherited", "attached to", "identity of"].iter().any(|property| object.contains_key(*property));
    if comes_with_another {
        return None;
    }
    match (engine, id.kind) {
        (Engine::Postgres, ObjectKind::Column) => {
            // A column of a view is only there for what is said of it, and that of a partition is its table's.
            let (kind, parent_name) = (ObjectKind::Table, id.parent.clone());
            let table = ObjectId { kind, parent: String::new(), name: parent_name, ..id.clone() };
            let is_own = after.objects.get(&table).is_some_and(|table| !table.contains_key("partition of"));
            is_own.then(|| format!("ALTER TABLE {} DROP COLUMN {}", parent(id), quoted(&id.name)))
        }
        (Engine::Postgres, ObjectKind::Constraint) => {
            let table = if object.contains_key("of domain") { "DOMAIN" } else { "TABLE" };
            Some(format!("ALTER {table} {} DROP CONSTRAINT {}", parent(id), quoted(&id.name)))
        }
        (Engine::Postgres, _) => target(id, object).map(|target| format!("DROP {target}")),
        (Engine::Sqlite, ObjectKind::Column | ObjectKind::Constraint) => None,
        (Engine::Sqlite, ObjectKind::VirtualTable) => Some(format!("DROP TABLE {}", path(id))),
        (Engine::Sqlite, kind) => Some(format!("DROP {} {}", kind.as_str().to_uppercase(), path(id))),
    }
}

/// The words in the definitions of a schema's objects. Tables are left out: their columns are objects of their own.
pub(super) struct Mentions<'f> {
    after: &'f Fingerprint,
    /// Each word, with the number of objects that have it.
    words: OnceCell<HashMap<String, usize>>,
}

impl<'f> Mentions<'f> {
    /// The words of this schema, counted at the first question.
    pub(super) fn in_schema(after: &'f Fingerprint) -> Mentions<'f> {
        Mentions { after, words: OnceCell::new() }
    }

    /// Whether any other object names this one.
    fn elsewhere(&self, id: &ObjectId) -> bool {
        let name = id.name.to_ascii_lowercase();
        let own = self.after.objects.get(id).map(|object| words(id, object));
        if name.chars().all(is_word) {
            let by_itself = own.is_some_and(|own| own.contains(&name));
            let words = self.words.get_or_init(|| count_words(self.after));
            return words.get(&name).copied().unwrap_or(0) > usize::from(by_itself);
        }
        // A name of several words is searched for in all texts.
        let mut others = self.after.objects.iter().filter(|(other, _)| *other != id && counts_words(other));
        others
            .any(|(other, object)| texts(other, object).any(|text| text.to_ascii_lowercase().contains(&name)))
    }
}

/// The number of objects for each word.
fn count_words(schema: &Fingerprint) -> HashMap<String, usize> {
    let mut count = HashMap::new();
    let objects = schema.objects.iter().filter(|(id, _)| counts_words(id));
    for word in objects.flat_map(|(id, object)| words(id, object)) {
        *count.entry(word).or_default() += 1;
    }
    count
}

/// Whether the words of the object count.
fn counts_words(id: &ObjectId) -> bool {
    id.kind != ObjectKind::Table
}

/// The texts of an object.
fn texts<'f>(id: &'f ObjectId, object: &'f Object) -> impl Iterator<Item = &'f String> {
    object.values().chain([&id.name])
}

/// The words of an object, each once, in lower case: SQLite ignores the case of ASCII letters.
fn words(id: &ObjectId, object: &Object) -> HashSet<String> {
    let words = texts(id, object).flat_map(|text| text.split(|c| !is_word(c)));
    words.map(str::to_ascii_lowercase).collect()
}

/// Whether a character is part of a word.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// Whether the fingerprint holds only these properties of the object, and no parts of it.
fn has_only(id: &ObjectId, fingerprint: &Fingerprint, properties: &[&str]) -> bool {
    let mut kinds = ObjectKind::ALL.into_iter();
    let has_parts =
        id.parent.is_empty() && kinds.any(|(kind, _)| fingerprint.parts(id, kind).next().is_some());
    fingerprint.objects[id].keys().all(|property| properties.contains(&property.as_str())) && !has_parts
}

/// Creates an object that was removed.
fn create(engine: Engine, id: &ObjectId, before: &Fingerprint) -> Option<String> {
    use ObjectKind::*;
    let object = &before.objects[id];
    if engine.keeps_definitions() {
        let is_whole = matches!(id.kind, Index | View | Trigger);
        return object.get("definition").filter(|_| is_whole).cloned();
    }
    // The server writes the index of a partitioned table so: without those of the partitions, it would stay invalid.
    let is_of_partitioned = object.get("definition").is_some_and(|sql| sql.contains(" ON ONLY "));
    if id.kind == Index && is_of_partitioned {
        return None;
    }
    let (properties, sql) = create_one(id, object)?;
    let mut properties = properties.to_vec();
    properties.push("comment");
    if !has_only(id, before, &properties) {
        return None;
    }
    Some(comment(id, object).map_or(sql.clone(), |comment| format!("{sql}; {comment}")))
}

/// Drops the object as it is and creates it as it was.
fn replace(engine: Engine, id: &ObjectId, before: &Fingerprint) -> Option<String> {
    let created = create(engine, id, before)?;
    Some(format!("{}; {created}", drop(engine, id, before)?))
}

/// Gives a property of an object of PostgreSQL its former value.
fn set_back(
    id: &ObjectId,
    object: &Object,
    property: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> Option<String> {
    use ObjectKind::*;
    if property == "comment" {
        let comment = before.map_or("NULL".to_owned(), literal);
        return Some(format!("COMMENT ON {} IS {comment}", target(id, object)?));
    }
    if let Some(role) = property.strip_prefix("grants to ") {
        return grants(id, role, before, after);
    }
    match id.kind {
        Column => {
            let action = column(property, before, after)?;
            Some(format!("ALTER TABLE {} ALTER COLUMN {} {action}", parent(id), quoted(&id.name)))
        }
        Domain => {
            let action = match property {
                "default" | "not null" => column(property, before, after)?,
                _ => return None,
            };
            Some(format!("ALTER DOMAIN {} {action}", path(id)))
        }
        Table => table(property, before).map(|action| format!("ALTER TABLE {} {action}", path(id))),
        Sequence => sequence(property, before).map(|action| format!("ALTER SEQUENCE {} {action}", path(id))),
        Trigger | Rule if property == "enabled" => {
            let word = id.kind.as_str().to_uppercase();
            Some(format!("ALTER TABLE {} {} {word} {}", parent(id), enabled(before)?, quoted(&id.name)))
        }
        EventTrigger if property == "enabled" => {
            Some(format!("ALTER EVENT TRIGGER {} {}", path(id), enabled(before)?))
        }
        Function | Procedure if property == "definition" => {
            let returns = |definition: &str| {
                definition.lines().find(|line| line.starts_with(" RETURNS ")).map(str::to_owned)
            };
            let (before, after) = (before?, after?);
            // CREATE OR REPLACE cannot change the type of the result.
            (returns(before) == returns(after)).then(|| before.to_owned())
        }
        Index | Constraint | Trigger | Rule | Statistics if property == "definition" => {
            let is_all = object.keys().all(|property| property == "definition" || property == "of domain");
            let single =
                Fingerprint { engine: Engine::Postgres, objects: [(id.clone(), object.clone())].into() };
            is_all.then(|| replace(Engine::Postgres, id, &single)).flatten()
        }
        Constraint if property == "valid" && before.is_none() => {
            let table = if object.contains_key("of domain") { "DOMAIN" } else { "TABLE" };
            Some(format!("ALTER {table} {} VALIDATE CONSTRAINT {}", parent(id), quoted(&id.name)))
        }
        Policy => {
            let clause = match (property, before) {
                ("roles", roles) => format!("TO {}", roles.unwrap_or("PUBLIC")),
                ("using", Some(using)) => format!("USING ({using})"),
                ("check", Some(check)) => format!("WITH CHECK ({check})"),
                _ => return None,
            };
            Some(format!("ALTER POLICY {} ON {} {clause}", quoted(&id.name), parent(id)))
        }
        Extension if property == "schema" => {
            Some(format!("ALTER EXTENSION {} SET SCHEMA {}", path(id), before?))
        }
        _ => None,
    }
}

/// The action on a column.
fn column(property: &str, before: Option<&str>, after: Option<&str>) -> Option<String> {
    Some(match (property, before) {
        ("default", Some(default)) => format!("SET DEFAULT {default}"),
        ("default", None) => "DROP DEFAULT".to_owned(),
        ("not null", Some("true")) => "SET NOT NULL".to_owned(),
        ("not null", None) => "DROP NOT NULL".to_owned(),
        ("identity", None) => "DROP IDENTITY".to_owned(),
        ("identity", Some(identity)) if after.is_some() => format!("SET GENERATED {identity}"),
        ("compression", compression) => format!("SET COMPRESSION {}", compression.unwrap_or("default")),
        ("statistics", target) => format!("SET STATISTICS {}", target.unwrap_or("-1")),
        ("storage", Some(storage)) => format!("SET STORAGE {storage}"),
        _ => return None,
    })
}

/// The action on a table.
fn table(property: &str, before: Option<&str>) -> Option<&'static str> {
    Some(match (property, before) {
        ("row security", None) => "DISABLE ROW LEVEL SECURITY",
        ("row security", Some(_)) => "ENABLE ROW LEVEL SECURITY",
        ("force row security", None) => "NO FORCE ROW LEVEL SECURITY",
        ("force row security", Some(_)) => "FORCE ROW LEVEL SECURITY",
        ("persistence", None) => "SET LOGGED",
        ("persistence", Some(_)) => "SET UNLOGGED",
        ("replica identity", None) => "REPLICA IDENTITY DEFAULT",
        ("replica identity", Some("full")) => "REPLICA IDENTITY FULL",
        ("replica identity", Some("nothing")) => "REPLICA IDENTITY NOTHING",
        _ => return None,
    })
}

/// The action on a sequence.
fn sequence(property: &str, before: Option<&str>) -> Option<String> {
    let clause = match property {
        "type" => "AS",
        "start" => "START WITH",
        "increment" => "INCREMENT BY",
        "minimum" => "MINVALUE",
        "maximum" => "MAXVALUE",
        "cache" => "CACHE",
        "cycle" => return Some(if before.is_some() { "CYCLE" } else { "NO CYCLE" }.to_owned()),
        "owned by" => return Some(format!("OWNED BY {}", before.unwrap_or("NONE"))),
        _ => return None,
    };
    Some(format!("{clause} {}", before?))
}
