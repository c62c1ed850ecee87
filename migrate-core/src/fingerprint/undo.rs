//! The SQL that takes a change back, where that is certain.

use super::statement::{comment, create_one, enabled, grants, literal, parent, path, quoted, target};
use super::{Change, ChangeKind, Fingerprint, Object, ObjectId, ObjectKind};
use crate::Engine;

/// What takes a change back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Undo {
    /// The statement, or statements with semicolons between them.
    pub sql: String,
    /// Whether rows or values go with it.
    pub loses_data: bool,
}

/// What takes `change` back. `None` where it takes more than the two schemas say, such as rows that are gone, or where a
/// statement may do more or less than that.
pub(super) fn undo(change: &Change, before: &Fingerprint, after: &Fingerprint) -> Option<Undo> {
    let id = &change.object;
    let engine = before.engine;
    let sql = match &change.kind {
        ChangeKind::Added => drop(engine, id, after)?,
        ChangeKind::Removed => create(engine, id, before)?,
        ChangeKind::Changed { property, before: old, after: new } if engine == Engine::Postgres => {
            let object = &before.objects[id];
            set_back(id, object, property, old.as_deref(), new.as_deref())?
        }
        ChangeKind::Changed { .. } => replace(engine, id, before)?,
        ChangeKind::ColumnOrder { .. } => return None,
    };
    let loses_data = change.kind == ChangeKind::Added && holds_data(id.kind);
    Some(Undo { sql, loses_data })
}

fn holds_data(kind: ObjectKind) -> bool {
    use ObjectKind::{Column, Extension, Table, VirtualTable};
    matches!(kind, Table | VirtualTable | Column | Extension)
}

/// Drops what was added.
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
        // SQLite refuses it where anything else names the column.
        (Engine::Sqlite, ObjectKind::Column) => {
            let mentions = |other: &ObjectId, object: &Object| {
                let texts = object.values().chain([&other.name]);
                other != id
                    && other.kind != ObjectKind::Table
                    && texts.into_iter().any(|text| mentions(text, &id.name))
            };
            let is_named = after.objects.iter().any(|(other, object)| mentions(other, object));
            (!is_named).then(|| format!("ALTER TABLE {} DROP COLUMN {}", parent(id), quoted(&id.name)))
        }
        (Engine::Sqlite, ObjectKind::Constraint) => None,
        (Engine::Sqlite, ObjectKind::VirtualTable) => Some(format!("DROP TABLE {}", path(id))),
        (Engine::Sqlite, kind) => Some(format!("DROP {} {}", kind.as_str().to_uppercase(), path(id))),
    }
}

fn mentions(text: &str, name: &str) -> bool {
    text.to_ascii_lowercase().contains(&name.to_ascii_lowercase())
}

/// Whether the fingerprint holds nothing of the object but these properties, and nothing that belongs to it.
fn has_only(id: &ObjectId, fingerprint: &Fingerprint, properties: &[&str]) -> bool {
    let is_part =
        |other: &ObjectId| id.parent.is_empty() && other.schema == id.schema && other.parent == id.name;
    fingerprint.objects[id].keys().all(|property| properties.contains(&property.as_str()))
        && !fingerprint.objects.keys().any(is_part)
}

/// Creates what was removed.
fn create(engine: Engine, id: &ObjectId, before: &Fingerprint) -> Option<String> {
    use ObjectKind::*;
    let object = &before.objects[id];
    if engine == Engine::Sqlite {
        let is_whole = matches!(id.kind, Index | View | Trigger);
        return object.get("definition").filter(|_| is_whole).cloned();
    }
    let (properties, sql) = create_one(id, object)?;
    let mut properties = properties.to_vec();
    properties.push("comment");
    if !has_only(id, before, &properties) {
        return None;
    }
    Some(comment(id, object).map_or(sql.clone(), |comment| format!("{sql}; {comment}")))
}

/// Drops it as it is and creates it as it was.
fn replace(engine: Engine, id: &ObjectId, before: &Fingerprint) -> Option<String> {
    let created = create(engine, id, before)?;
    Some(format!("{}; {created}", drop(engine, id, before)?))
}

/// Gives a property of an object of PostgreSQL the value that it had.
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
            // Another type of the result cannot be put in its place.
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
