//! Whether PostgreSQL keeps the rows of a table when a column changes its type.
//!
//! In come two types, `varchar(20)` and `text`; out comes [`Heap::Kept`]. `int4` to `int8` is [`Heap::Rewritten`].
//!
//! Every pair of the server's types was tried on PostgreSQL 15, and this table is the result: the manual only says
//! that no rewrite happens if the old type is binary coercible to the new one
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, "Notes"), and `pg_cast` does not show the rules
//! for lengths and precisions. A pair that is not named rewrites the table.

use crate::sql::Type;

/// What happens to a table's rows and indexes when a column changes its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heap {
    /// Rows and plain indexes stay as they are.
    Kept,
    /// The rows stay, and the server rebuilds the indexes on the column.
    KeptWithoutIndexes,
    /// Rows and plain indexes stay if the session's `TimeZone` is UTC. Otherwise the table is rewritten.
    KeptInUtc,
    /// The server writes every row again, and builds every index of the table again.
    Rewritten,
}

/// Whether the server keeps the rows of a table when a column of type `from` becomes `to`. Neither is a domain.
pub(super) fn keeps_heap(from: &Type, to: &Type) -> Heap {
    // Dropping a length, `varchar(20)` to `varchar`, only changes the catalog.
    if from == to || (to.modifiers.is_empty() && is_same_but_for_length(from, to)) {
        return Heap::Kept;
    }
    let (Some(old), Some(new)) = (plain_name(from), plain_name(to)) else { return Heap::Rewritten };
    let is_bare = to.modifiers.is_empty();
    match (old, new) {
        ("text" | "varchar", "text" | "varchar") if is_bare || (old == "varchar" && is_longer(from, to)) => {
            Heap::Kept
        }
        ("varbit", "varbit") if is_longer(from, to) => Heap::Kept,
        ("numeric", "numeric") if is_more_precise(from, to) => Heap::Kept,
        ("timestamp", "timestamp")
        | ("timestamptz", "timestamptz")
        | ("time", "time")
        | ("timetz", "timetz")
        | ("interval", "interval")
            if fraction(from) <= fraction(to) =>
        {
            Heap::Kept
        }
        ("cidr", "inet") | ("xml", "text" | "varchar") if is_bare => Heap::Kept,
        ("int4", "oid") | ("oid", "int4") => Heap::KeptWithoutIndexes,
        ("text" | "varchar", "citext") | ("citext", "text" | "varchar") | ("bit", "varbit") if is_bare => {
            Heap::KeptWithoutIndexes
        }
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") if is_bare => Heap::KeptInUtc,
        _ => Heap::Rewritten,
    }
}

/// Whether clients see another type afterwards, which code that was compiled for the old one may refuse. All text types
/// count as one, because drivers decode them alike.
pub(super) fn reads_otherwise(from: &Type, to: &Type) -> bool {
    let is_text =
        |data_type: &Type| matches!(plain_name(data_type), Some("text" | "varchar" | "bpchar" | "citext"));
    from.dimensions != to.dimensions || from.name != to.name && !(is_text(from) && is_text(to))
}

/// The name of a type that is not an array and not qualified with a schema. `citext` may be in any schema.
fn plain_name(data_type: &Type) -> Option<&str> {
    let name = data_type.name.name.as_str();
    let is_plain = data_type.name.schema.is_none() || name == "citext";
    (is_plain && data_type.dimensions == 0).then_some(name)
}

/// Whether the types differ at most in length, precision or fields. Arrays are compared by their elements.
fn is_same_but_for_length(from: &Type, to: &Type) -> bool {
    let is_interval =
        |data_type: &Type| data_type.name.schema.is_none() && data_type.name.name.starts_with("interval ");
    from.dimensions == to.dimensions
        && (from.name == to.name || is_interval(from) && to.name.is_builtin("interval"))
}

/// Whether `varchar(n)` or `varbit(n)` gets the same length or a longer one. Types without a length are handled before.
fn is_longer(from: &Type, to: &Type) -> bool {
    matches!((from.modifiers.first(), to.modifiers.first()), (Some(from), Some(to)) if from <= to)
}

/// Whether `numeric(p, s)` gets the same number of digits or more, with the same scale. Another scale changes how each
/// value is stored.
fn is_more_precise(from: &Type, to: &Type) -> bool {
    matches!((from.modifiers.as_slice(), to.modifiers.as_slice()),
        ([old, old_scale], [new, new_scale]) if old <= new && old_scale == new_scale)
}

/// The digits of a second: 6 if the type has no precision.
fn fraction(data_type: &Type) -> u32 {
    data_type.modifiers.first().copied().unwrap_or(6)
}

#[cfg(test)]
mod tests {
    use migrate_core::Engine;

    use super::*;
    use crate::sql::{Kind, TableBody};

    fn data_type(sql: &str) -> Type {
        let parsed = crate::sql::parse(&format!("CREATE TABLE t (c {sql})"), Engine::Postgres);
        let Kind::CreateTable(table) = &parsed.statements[0].kind else { panic!("{sql}") };
        let TableBody::Columns(columns) = &table.body else { panic!("{sql}") };
        columns[0].data_type.clone().expect("a type that was written")
    }

    #[test]
    fn every_pair_that_keeps_the_rows() {
        use Heap::{Kept, KeptInUtc, KeptWithoutIndexes, Rewritten};
        let case = |from: &str, to: &str, want| {
            assert_eq!(keeps_heap(&data_type(from), &data_type(to)), want, "{from} -> {to}");
        };
        case("int", "integer", Kept);
        case("int", "bigint", Rewritten);
        case("smallint", "int", Rewritten);
        case("varchar(50)", "varchar(50)", Kept);
        case("varchar(50)", "character varying(100)", Kept);
        case("varchar(50)", "varchar(20)", Rewritten);
        case("varchar(50)", "varchar", Kept);
        case("varchar(50)", "text", Kept);
        case("varchar", "varchar(100)", Rewritten);
        case("text", "varchar", Kept);
        case("text", "varchar(100)", Rewritten);
        case("char(10)", "text", Rewritten);
        case("char(10)", "char(20)", Rewritten);
        case("char", "char(1)", Kept);
        case("char(10)", "bpchar", Kept);
        case("varchar(50)[]", "varchar(50)[]", Kept);
        case("varchar(50)[]", "varchar(100)[]", Rewritten);
        case("varchar(50)[]", "varchar[]", Kept);
        case("text[]", "varchar[]", Rewritten);
        case("numeric(10, 2)", "decimal(12, 2)", Kept);
        case("numeric(10, 2)", "numeric", Kept);
        case("numeric(10, 2)", "numeric(12, 4)", Rewritten);
        case("numeric(10, 2)", "numeric(8, 2)", Rewritten);
        case("numeric(10)", "numeric(12, 0)", Kept);
        case("numeric", "numeric(12, 2)", Rewritten);
        case("timestamp(3)", "timestamp", Kept);
        case("timestamp", "timestamp(6)", Kept);
        case("timestamp", "timestamp(3)", Rewritten);
        case("timestamptz(3)", "timestamp(6) with time zone", Kept);
        case("time(3)", "time", Kept);
        case("time(3) with time zone", "timetz", Kept);
        case("interval(3)", "interval", Kept);
        case("interval", "interval(3)", Rewritten);
        case("interval", "interval year to month", Rewritten);
        case("interval year to month", "interval", Kept);
        case("timestamp", "timestamptz", KeptInUtc);
        case("timestamptz", "timestamp", KeptInUtc);
        case("timestamp(3)", "timestamptz(3)", Rewritten);
        case("timestamp", "date", Rewritten);
        case("varbit(4)", "bit varying(8)", Kept);
        case("varbit(8)", "varbit(4)", Rewritten);
        case("bit(4)", "varbit", KeptWithoutIndexes);
        case("bit(4)", "varbit(4)", Rewritten);
        case("cidr", "inet", Kept);
        case("inet", "cidr", Rewritten);
        case("xml", "text", Kept);
        case("xml", "varchar(10)", Rewritten);
        case("text", "xml", Rewritten);
        case("int", "oid", KeptWithoutIndexes);
        case("oid", "int", KeptWithoutIndexes);
        case("bigint", "oid", Rewritten);
        case("varchar(50)", "citext", KeptWithoutIndexes);
        case("citext", "text", KeptWithoutIndexes);
        case("citext", "varchar(50)", Rewritten);
        case("text", "public.citext", KeptWithoutIndexes);
        case("json", "jsonb", Rewritten);
        case("vector(3)", "vector(3)", Kept);
        case("vector(3)", "vector", Kept); // a length that is gone is not looked at
        case("vector(3)", "vector(4)", Rewritten); // what an extension's type does, it alone knows
        case("text", "app.text", Rewritten); // a type that only has the name
    }

    #[test]
    fn clients_tell_types_apart_by_name() {
        let case = |from: &str, to: &str, want| {
            assert_eq!(reads_otherwise(&data_type(from), &data_type(to)), want, "{from} -> {to}");
        };
        case("varchar(50)", "text", false);
        case("text", "citext", false);
        case("numeric(10, 2)", "numeric", false);
        case("timestamp", "timestamptz", true);
        case("cidr", "inet", true);
        case("text", "text[]", true);
    }
}
