//! Parts of statements: sequences, ranges, options, lists.
//!
//! What comes in are properties, `fillfactor=70`; what goes out are clauses, `fillfactor = '70'`.

use super::super::statement::{literal, path};
use super::super::{Object, ObjectId};

/// The statement that makes a sequence; `None` for that of an identity column, which comes with its table.
pub(super) fn sequence(id: &ObjectId, object: &Object) -> Option<String> {
    if object.contains_key("identity of") {
        return None;
    }
    let unlogged = if object.contains_key("persistence") { "UNLOGGED " } else { "" };
    let of = object.get("type").map_or("bigint", String::as_str);
    Some(format!("CREATE {unlogged}SEQUENCE {} AS {of}{}", path(id), sequence_options(object)))
}

/// The options of a sequence.
pub(super) fn sequence_options(object: &Object) -> String {
    let clauses = [
        ("start", "START WITH"),
        ("increment", "INCREMENT BY"),
        ("minimum", "MINVALUE"),
        ("maximum", "MAXVALUE"),
        ("cache", "CACHE"),
    ];
    let clauses =
        clauses.iter().filter_map(|(property, clause)| Some(format!(" {clause} {}", object.get(*property)?)));
    let cycle = if object.contains_key("cycle") { " CYCLE" } else { "" };
    clauses.collect::<String>() + cycle
}

/// The statement that makes a range type.
pub(super) fn range(id: &ObjectId, object: &Object) -> String {
    let options = [
        ("subtype", "SUBTYPE"),
        ("subtype operators", "SUBTYPE_OPCLASS"),
        ("subtype collation", "COLLATION"),
        ("canonical", "CANONICAL"),
        ("subtype difference", "SUBTYPE_DIFF"),
        ("multirange", "MULTIRANGE_TYPE_NAME"),
    ];
    let options: Vec<String> = options
        .iter()
        .filter_map(|(property, option)| Some(format!("{option} = {}", object.get(*property)?)))
        .collect();
    format!("CREATE TYPE {} AS RANGE ({})", path(id), options.join(", "))
}

/// `fillfactor=70, toast.autovacuum_enabled=off` as SQL writes it.
pub(super) fn options(list: &str) -> String {
    let option = |option: &str| match option.split_once('=') {
        Some((key, value)) => format!("{key} = {}", literal(value).trim_start()),
        None => option.to_owned(),
    };
    list.split(", ").map(option).collect::<Vec<_>>().join(", ")
}

/// `app.orders FOR VALUES FROM …`, cut after the table, whose name may be quoted and have spaces.
pub(super) fn partition(of: &str) -> (&str, &str) {
    let mut is_quoted = false;
    let end = of.find(|c: char| {
        is_quoted ^= c == '"';
        c == ' ' && !is_quoted
    });
    of.split_at(end.unwrap_or(of.len()))
}

/// The names of a list, in which the server has quoted some.
pub(super) fn names(list: &str) -> Vec<String> {
    let mut is_quoted = false;
    let between = |c: char| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    };
    let name = |name: &str| match name.trim().strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => name.replace("\"\"", "\""),
        None => name.trim().to_owned(),
    };
    list.split(between).filter(|part| !part.trim().is_empty()).map(name).collect()
}
