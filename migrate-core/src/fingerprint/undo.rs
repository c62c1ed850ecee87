//! The SQL that takes a change back, where that is certain.

use std::collections::BTreeSet;

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

/// Always in quotes: which words need them is the server's affair.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    let escape = if text.contains('\\') { " E" } else { "" };
    format!("{escape}'{}'", text.replace('\'', "''").replace('\\', "\\\\"))
}

/// The name with its schema.
fn path(id: &ObjectId) -> String {
    in_schema(id, &name(id))
}

fn parent(id: &ObjectId) -> String {
    in_schema(id, &quoted(&id.parent))
}

fn in_schema(id: &ObjectId, name: &str) -> String {
    if id.schema.is_empty() { name.to_owned() } else { format!("{}.{name}", quoted(&id.schema)) }
}

/// Names with arguments come quoted from the server.
fn name(id: &ObjectId) -> String {
    use ObjectKind::{Aggregate, Function, Operator, Procedure};
    match id.kind {
        Aggregate => id.name.replace("()", "(*)"),
        Function | Operator | Procedure => id.name.clone(),
        _ => quoted(&id.name),
    }
}

/// An object as DROP and COMMENT name it: `TRIGGER "t" ON "public"."orders"`.
fn target(id: &ObjectId, object: &Object) -> Option<String> {
    use ObjectKind::*;
    let word = match id.kind {
        DefaultPrivileges | VirtualTable => return None,
        Cast => return Some(format!("CAST ({})", id.name)),
        Column => return Some(format!("COLUMN {}.{}", parent(id), quoted(&id.name))),
        Constraint if object.contains_key("of domain") => {
            return Some(format!("CONSTRAINT {} ON DOMAIN {}", quoted(&id.name), parent(id)));
        }
        Constraint | Trigger | Rule | Policy => {
            let word = id.kind.as_str().to_uppercase();
            return Some(format!("{word} {} ON {}", quoted(&id.name), parent(id)));
        }
        Enum | CompositeType | RangeType | BaseType => "TYPE",
        ForeignServer => "SERVER",
        kind => return Some(format!("{} {}", kind.as_str().replace('-', " ").to_uppercase(), path(id))),
    };
    Some(format!("{word} {}", path(id)))
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
    let get = |property: &str| object.get(property).map(String::as_str);
    let definition = get("definition");
    if engine == Engine::Sqlite {
        let is_whole = matches!(id.kind, Index | View | Trigger);
        return definition.filter(|_| is_whole).map(str::to_owned);
    }
    let (properties, sql): (&[&str], String) = match id.kind {
        Index | Function | Procedure | Trigger | Rule | Statistics => {
            (&["definition"], definition?.trim_end_matches(';').to_owned())
        }
        View => {
            let options = get("options").map_or(String::new(), |options| format!(" WITH ({options})"));
            (&["definition", "options"], format!("CREATE VIEW {}{options} AS {}", path(id), definition?))
        }
        MaterializedView => {
            let data = if get("populated").is_some() { "NO " } else { "" };
            let sql = format!("CREATE MATERIALIZED VIEW {} AS {} WITH {data}DATA", path(id), definition?);
            (&["definition", "populated"], sql)
        }
        Constraint => {
            let table = if get("of domain").is_some() { "DOMAIN" } else { "TABLE" };
            let valid = if get("valid").is_some() { " NOT VALID" } else { "" };
            let name = quoted(&id.name);
            let sql = format!("ALTER {table} {} ADD CONSTRAINT {name} {}{valid}", parent(id), definition?);
            (&["definition", "of domain", "valid"], sql)
        }
        Enum => (&["labels"], format!("CREATE TYPE {} AS ENUM ({})", path(id), get("labels")?)),
        Schema => (&[], format!("CREATE SCHEMA {}", path(id))),
        Extension => {
            let (schema, version) = (get("schema")?, literal(get("version")?));
            (
                &["schema", "version"],
                format!("CREATE EXTENSION {} SCHEMA {schema} VERSION {version}", path(id)),
            )
        }
        Policy => (&["restrictive", "command", "roles", "using", "check"], policy(id, object)),
        _ => return None,
    };
    let mut properties = properties.to_vec();
    properties.push("comment");
    if !has_only(id, before, &properties) {
        return None;
    }
    match get("comment") {
        Some(comment) => Some(format!("{sql}; COMMENT ON {} IS {}", target(id, object)?, literal(comment))),
        None => Some(sql),
    }
}

fn policy(id: &ObjectId, object: &Object) -> String {
    let mut sql = format!("CREATE POLICY {} ON {}", quoted(&id.name), parent(id));
    if object.contains_key("restrictive") {
        sql += " AS RESTRICTIVE";
    }
    let mut clause = |property: &str, before: &str, behind: &str| {
        if let Some(value) = object.get(property) {
            sql += &format!(" {before}{value}{behind}");
        }
    };
    clause("command", "FOR ", "");
    clause("roles", "TO ", "");
    clause("using", "USING (", ")");
    clause("check", "WITH CHECK (", ")");
    sql
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

fn enabled(before: Option<&str>) -> Option<&'static str> {
    Some(match before {
        None => "ENABLE",
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some("always") => "ENABLE ALWAYS",
        Some(_) => return None,
    })
}

/// What a role has without any GRANT or REVOKE (PostgreSQL manual, 5.8, "Default Access Privileges").
fn usual(kind: ObjectKind, role: &str) -> &'static str {
    use ObjectKind::*;
    match kind {
        _ if role != "PUBLIC" => "",
        Function | Procedure | Aggregate => "EXECUTE",
        Enum | Domain | CompositeType | RangeType | BaseType => "USAGE",
        _ => "",
    }
}

/// Revokes what has come and grants what has gone.
fn grants(id: &ObjectId, role: &str, before: Option<&str>, after: Option<&str>) -> Option<String> {
    use ObjectKind::*;
    let on = match id.kind {
        Column => format!("TABLE {}", parent(id)),
        Table | View | MaterializedView | ForeignTable => format!("TABLE {}", path(id)),
        Enum | CompositeType | RangeType | BaseType => format!("TYPE {}", path(id)),
        Aggregate => format!("FUNCTION {}", in_schema(id, &id.name)),
        Schema | Sequence | Function | Procedure | Domain => {
            format!("{} {}", id.kind.as_str().to_uppercase(), path(id))
        }
        _ => return None,
    };
    let [before, after] = [before, after].map(|privileges| {
        let privileges = privileges.unwrap_or_else(|| usual(id.kind, role));
        privileges.split(", ").filter(|one| !one.is_empty() && *one != "nothing").collect::<BTreeSet<_>>()
    });
    let can_pass_on = before.iter().chain(&after).any(|privilege| privilege.ends_with('*'));
    if role == "OWNER" || can_pass_on {
        return None;
    }
    let list = |privileges: Vec<&&str>| {
        let of = if id.kind == Column { format!(" ({})", quoted(&id.name)) } else { String::new() };
        privileges.iter().map(|privilege| format!("{privilege}{of}")).collect::<Vec<_>>().join(", ")
    };
    let (come, gone) = (list(after.difference(&before).collect()), list(before.difference(&after).collect()));
    let revoke = (!come.is_empty()).then(|| format!("REVOKE {come} ON {on} FROM {role}"));
    let grant = (!gone.is_empty()).then(|| format!("GRANT {gone} ON {on} TO {role}"));
    Some(revoke.into_iter().chain(grant).collect::<Vec<_>>().join("; "))
}
