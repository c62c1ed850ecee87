//! The statements of PostgreSQL that make an object, and their parts.
//!
//! What comes in is an object with its properties; what goes out is the statement that makes it,
//! `CREATE VIEW "app"."open" AS …`. The undo of a change and the dump of a schema both write with it.

use std::collections::BTreeSet;

use super::{Object, ObjectId, ObjectKind};

/// A name, always in quotes: the server's version decides which words need them.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string.
pub(super) fn literal(text: &str) -> String {
    let escape = if text.contains('\\') { " E" } else { "" };
    format!("{escape}'{}'", text.replace('\'', "''").replace('\\', "\\\\"))
}

/// The name with its schema.
pub(super) fn path(id: &ObjectId) -> String {
    in_schema(id, &name(id))
}

/// The name of the parent with its schema.
pub(super) fn parent(id: &ObjectId) -> String {
    in_schema(id, &quoted(&id.parent))
}

/// A name with the schema of the object.
pub(super) fn in_schema(id: &ObjectId, name: &str) -> String {
    if id.schema.is_empty() { name.to_owned() } else { format!("{}.{name}", quoted(&id.schema)) }
}

/// The name. Names with arguments come quoted from the server.
fn name(id: &ObjectId) -> String {
    use ObjectKind::{Aggregate, Function, Operator, Procedure};
    match id.kind {
        Aggregate => id.name.replace("()", "(*)"),
        Function | Operator | Procedure => id.name.clone(),
        _ => quoted(&id.name),
    }
}

/// An object as DROP and COMMENT name it: `TRIGGER "t" ON "public"."orders"`.
pub(super) fn target(id: &ObjectId, object: &Object) -> Option<String> {
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

/// The one statement that makes an object, and the properties that it covers. `None` if it takes more than the
/// object.
pub(super) fn create_one(id: &ObjectId, object: &Object) -> Option<(&'static [&'static str], String)> {
    use ObjectKind::*;
    let get = |property: &str| object.get(property).map(String::as_str);
    let definition = get("definition");
    Some(match id.kind {
        Index | Function | Procedure | Trigger | Rule | Statistics => {
            (&["definition"], definition?.trim_end_matches(';').to_owned())
        }
        View => {
            let options = get("options").map_or(String::new(), |options| format!(" WITH ({options})"));
            (&["definition", "options"], format!("CREATE VIEW {}{options} AS {}", path(id), definition?))
        }
        MaterializedView => {
            let data = if get("populated").is_some() { "NO " } else { "" };
            let method = get("access method").map_or(String::new(), |method| format!(" USING {method}"));
            let options = get("options").map_or(String::new(), |options| format!(" WITH ({options})"));
            let space =
                get("tablespace").map_or(String::new(), |space| format!(" TABLESPACE {}", quoted(space)));
            let head = format!("CREATE MATERIALIZED VIEW {}{method}{options}{space}", path(id));
            let sql = format!("{head} AS {} WITH {data}DATA", definition?);
            (&["definition", "populated", "access method", "options", "tablespace"], sql)
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
        Collation => (&COLLATION_PROPERTIES, collation(id, object)?),
        Policy => (&["restrictive", "command", "roles", "using", "check"], policy(id, object)),
        _ => return None,
    })
}

/// The statement that sets the comment of an object, if it has one.
pub(super) fn comment(id: &ObjectId, object: &Object) -> Option<String> {
    Some(format!("COMMENT ON {} IS {}", target(id, object)?, literal(object.get("comment")?)))
}

const COLLATION_PROPERTIES: [&str; 5] = ["provider", "locale", "character type", "rules", "deterministic"];

/// The statement that makes a collation. Only that of the C library has two locales.
fn collation(id: &ObjectId, object: &Object) -> Option<String> {
    let (provider, locale) = (object.get("provider")?, literal(object.get("locale")?));
    let mut sql = format!("CREATE COLLATION {} (provider = {provider}, ", path(id));
    sql += &match object.get("character type").filter(|_| provider == "libc") {
        Some(kind) => format!("lc_collate = {locale}, lc_ctype = {}", literal(kind)),
        None => format!("locale = {locale}"),
    };
    if object.contains_key("deterministic") {
        sql += ", deterministic = false";
    }
    if let Some(rules) = object.get("rules") {
        sql += &format!(", rules = {}", literal(rules));
    }
    Some(sql + ")")
}

/// The statement that makes a policy.
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

/// The word for the state of a trigger or rule.
pub(super) fn enabled(before: Option<&str>) -> Option<&'static str> {
    Some(match before {
        None => "ENABLE",
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some("always") => "ENABLE ALWAYS",
        Some(_) => return None,
    })
}

/// The privileges of a role without any GRANT or REVOKE (PostgreSQL manual, 5.8, "Default Access Privileges").
fn usual(kind: ObjectKind, role: &str) -> &'static str {
    use ObjectKind::*;
    match kind {
        _ if role != "PUBLIC" => "",
        Function | Procedure | Aggregate => "EXECUTE",
        Enum | Domain | CompositeType | RangeType | BaseType => "USAGE",
        _ => "",
    }
}

/// Revokes the privileges that have come, and grants those that have gone.
pub(super) fn grants(id: &ObjectId, role: &str, before: Option<&str>, after: Option<&str>) -> Option<String> {
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
