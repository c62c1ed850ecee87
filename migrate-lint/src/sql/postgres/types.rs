//! Types under the one name that the server has for each (PostgreSQL manual, 8, table 8.1): `character
//! varying(20)[]` becomes `varchar`, modifiers `[20]`, one dimension.

use squawk_parser::SyntaxKind::{self, *};

use super::name::name;
use super::tree::Node;
use crate::sql::{Name, Type};

/// The type in a node, such as that of a column.
pub(super) fn type_in(node: Node<'_>) -> Option<Type> {
    node.nodes().find(|child| is_type(child.kind())).map(data_type)
}

fn is_type(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        PATH_TYPE
            | ARRAY_TYPE
            | PERCENT_TYPE
            | CHARACTER_TYPE
            | VARCHAR_TYPE
            | BIT_TYPE
            | BIT_VARYING_TYPE
            | DOUBLE_TYPE
            | TIME_TYPE
            | TIMESTAMP_TYPE
            | INTERVAL_TYPE
    )
}

/// The type of a node that is a type.
pub(super) fn data_type(node: Node<'_>) -> Type {
    let modifiers = modifiers(node);
    let zoned = node.has(WITH_TIMEZONE);
    match node.kind() {
        ARRAY_TYPE => array(node),
        CHARACTER_TYPE if node.has(VARYING_KW) => with("varchar", modifiers),
        VARCHAR_TYPE => with("varchar", modifiers),
        CHARACTER_TYPE => with("bpchar", or_one(modifiers)),
        BIT_VARYING_TYPE => with("varbit", modifiers),
        BIT_TYPE if node.has(VARYING_KW) => with("varbit", modifiers),
        BIT_TYPE => with("bit", or_one(modifiers)),
        DOUBLE_TYPE => with("float8", modifiers),
        TIME_TYPE => with(if zoned { "timetz" } else { "time" }, modifiers),
        TIMESTAMP_TYPE => with(if zoned { "timestamptz" } else { "timestamp" }, modifiers),
        INTERVAL_TYPE => with(&interval(node), modifiers),
        _ => named(node, modifiers),
    }
}

fn with(name: &str, modifiers: Vec<u32>) -> Type {
    Type { modifiers, ..Type::builtin(name) }
}

/// The modifiers of `char` and `bit`, whose length is 1 if none is written.
fn or_one(modifiers: Vec<u32>) -> Vec<u32> {
    if modifiers.is_empty() { vec![1] } else { modifiers }
}

/// An array. `int[3][]` has two dimensions; their sizes mean nothing to the server.
fn array(node: Node<'_>) -> Type {
    let bounds = node.each(ARRAY_BOUND).count();
    let element = type_in(node).unwrap_or_else(|| Type::builtin(""));
    Type { dimensions: element.dimensions + bounds.max(1), ..element }
}

/// The name of an interval with its fields, such as `interval day to second`. With other fields it counts as another type.
fn interval(node: Node<'_>) -> String {
    let words = node.tokens().filter(|token| !matches!(token.kind(), L_PAREN | R_PAREN | INT_NUMBER));
    words.map(|word| word.text().to_ascii_lowercase()).collect::<Vec<_>>().join(" ")
}

/// A type by its name. A quoted name or one with a schema is not a keyword of the grammar, so it stays as it is.
fn named(node: Node<'_>, modifiers: Vec<u32>) -> Type {
    let Some(path) = node.child(PATH_REF) else { return Type::builtin(node.text()) };
    let Some(mut name) = name(path) else { return Type::builtin(node.text()) };
    if node.kind() == PERCENT_TYPE {
        name.name.push_str("%type");
    }
    if name.schema.as_deref() == Some("pg_catalog") {
        name.schema = None;
    } else if name.schema.is_none() && !path.text().contains('"') {
        return with(canonical(&name.name, modifiers.first().copied()), scale(&name, modifiers));
    }
    Type { name, modifiers, dimensions: 0 }
}

/// The server's name for a name of the grammar. Other names stay as they are.
fn canonical(name: &str, precision: Option<u32>) -> &str {
    match name {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "real" => "float4",
        "float" if precision.is_some_and(|bits| bits <= 24) => "float4",
        "float" => "float8",
        "decimal" | "dec" => "numeric",
        "boolean" => "bool",
        other => other,
    }
}

/// The modifiers as the server stores them: `numeric(10)` is `numeric(10,0)`, and the bits of `float(24)` are part of its
/// name.
fn scale(name: &Name, mut modifiers: Vec<u32>) -> Vec<u32> {
    match name.name.as_str() {
        "numeric" | "decimal" | "dec" if modifiers.len() == 1 => modifiers.push(0),
        "float" => modifiers.clear(),
        _ => {}
    }
    modifiers
}

/// The numbers in parentheses. A negative one (the scale of a `numeric`) keeps its bits.
fn modifiers(node: Node<'_>) -> Vec<u32> {
    let mut modifiers = Vec::new();
    let mut is_negative = false;
    let in_parentheses = |token: &Node<'_>| node.kind() != ARRAY_TYPE && token.kind() != COMMA;
    for token in node.tokens().filter(in_parentheses) {
        if let Some(number) = token.text().parse::<u32>().ok().filter(|_| token.kind() == INT_NUMBER) {
            modifiers.push(if is_negative { number.wrapping_neg() } else { number });
        }
        is_negative = token.kind() == MINUS;
    }
    modifiers
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::testing::kind;
    use crate::sql::{Kind, TableBody};

    #[test]
    fn types_have_the_name_of_the_catalog() {
        let cases = [
            ("int", "int4"),
            ("INTEGER", "int4"),
            ("int4", "int4"),
            ("pg_catalog.int4", "int4"),
            ("\"int4\"", "int4"),
            ("bigint", "int8"),
            ("smallint", "int2"),
            ("real", "float4"),
            ("float", "float8"),
            ("float(24)", "float4"),
            ("float(25)", "float8"),
            ("double precision", "float8"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(10)", "numeric(10,0)"),
            ("numeric", "numeric"),
            ("dec", "numeric"),
            ("boolean", "bool"),
            ("varchar", "varchar"),
            ("character varying(20)", "varchar(20)"),
            ("national character varying(2)", "varchar(2)"),
            ("char", "bpchar(1)"),
            ("character(3)", "bpchar(3)"),
            ("nchar(3)", "bpchar(3)"),
            ("\"char\"", "char"),
            ("bpchar", "bpchar"),
            ("text", "text"),
            ("bit", "bit(1)"),
            ("bit(3)", "bit(3)"),
            ("bit varying(4)", "varbit(4)"),
            ("varbit", "varbit"),
            ("timestamp", "timestamp"),
            ("timestamp(3) without time zone", "timestamp(3)"),
            ("timestamp(3) with time zone", "timestamptz(3)"),
            ("timestamptz(3)", "timestamptz(3)"),
            ("time with time zone", "timetz"),
            ("interval", "interval"),
            ("interval(3)", "interval(3)"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("serial", "serial"),
            ("BIGSERIAL", "bigserial"),
            ("int[]", "int4[]"),
            ("int[3][]", "int4[][]"),
            ("int array[4]", "int4[]"),
            ("int array", "int4[]"),
            ("varchar(5)[]", "varchar(5)[]"),
            ("app.\"Mood\"", "app.Mood"),
            ("Geometry(Point, 4326)", "geometry(4326)"),
            ("numeric(3, -2)", "numeric(3,4294967294)"),
        ];
        for (sql, want) in cases {
            let Kind::CreateTable(table) = kind(&format!("CREATE TABLE t (c {sql})")) else {
                panic!("{sql}")
            };
            let TableBody::Columns(columns) = table.body else { panic!("{sql}") };
            let data_type = columns[0].data_type.as_ref().expect(sql);
            assert_eq!(data_type.to_string(), want, "{sql}");
        }
    }
}
