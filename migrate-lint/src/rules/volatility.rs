//! Whether a function gives one value for a whole statement.
//!
//! In comes the name of a function, out comes a [`Volatility`]: `now` is constant, `random` is volatile, `app.score`
//! is whatever the migration that created it declares, and unknown if none did
//! (<https://www.postgresql.org/docs/current/xfunc-volatility.html>).
//!
//! Why a list and not the catalog? The rules run while the crate is compiled, without a server.

use crate::schema::Schema;
use crate::sql::Name;

/// What is known about the results of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Volatility {
    /// It is IMMUTABLE or STABLE: one value for a whole statement.
    Constant,
    /// It may give each row its own value.
    Volatile,
    /// Neither the server nor a migration of the folder has it.
    Unknown,
}

/// The volatility of a function. Built-in functions come first, as `pg_catalog` does in a search path that does not name
/// it.
pub(super) fn volatility(schema: &Schema, function: &Name) -> Volatility {
    let is_builtin = |names: &[&str]| names.iter().any(|name| function.is_builtin(name));
    if is_builtin(VOLATILE) {
        return Volatility::Volatile;
    }
    if is_builtin(CONSTANT) {
        return Volatility::Constant;
    }
    match schema.function(function) {
        Some(known) if known.is_volatile => Volatility::Volatile,
        Some(_) => Volatility::Constant,
        None if OF_EXTENSIONS.contains(&function.name.as_str()) => Volatility::Volatile,
        None => Volatility::Unknown,
    }
}

/// The volatile built-in functions that make sense in a default.
const VOLATILE: &[&str] = &[
    "clock_timestamp",
    "currval",
    "gen_random_uuid",
    "lastval",
    "nextval",
    "pg_sleep",
    "random",
    "random_normal",
    "set_config",
    "setval",
    "timeofday",
    "uuidv4",
    "uuidv7",
];

/// The volatile functions of `uuid-ossp` and `pgcrypto`, in any schema.
const OF_EXTENSIONS: &[&str] = &[
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
];

/// The built-in functions (PostgreSQL manual, chapter 9) of which no overload is volatile.
pub(super) const CONSTANT: &[&str] = &[
    "abs",
    "acos",
    "age",
    "array_append",
    "array_cat",
    "array_fill",
    "array_length",
    "array_position",
    "array_prepend",
    "array_remove",
    "array_replace",
    "array_to_json",
    "array_to_string",
    "ascii",
    "asin",
    "atan",
    "atan2",
    "bit_count",
    "bit_length",
    "bool",
    "bpchar",
    "btrim",
    "cardinality",
    "cbrt",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "chr",
    "concat",
    "concat_ws",
    "convert",
    "convert_from",
    "convert_to",
    "cos",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_user",
    "date",
    "date_bin",
    "date_part",
    "date_trunc",
    "daterange",
    "decode",
    "degrees",
    "div",
    "encode",
    "enum_first",
    "enum_last",
    "enum_range",
    "exp",
    "extract",
    "factorial",
    "float4",
    "float8",
    "floor",
    "format",
    "gcd",
    "get_bit",
    "get_byte",
    "host",
    "inet_client_addr",
    "initcap",
    "int2",
    "int4",
    "int4range",
    "int8",
    "int8range",
    "interval",
    "isempty",
    "isfinite",
    "json_array_length",
    "json_build_array",
    "json_build_object",
    "json_extract_path",
    "json_extract_path_text",
    "json_object",
    "json_strip_nulls",
    "json_typeof",
    "jsonb_array_length",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_pretty",
    "jsonb_set",
    "jsonb_set_lax",
    "jsonb_strip_nulls",
    "jsonb_typeof",
    "justify_days",
    "justify_hours",
    "justify_interval",
    "lcm",
    "left",
    "length",
    "ln",
    "log",
    "log10",
    "lower",
    "lower_inc",
    "lower_inf",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_time",
    "make_timestamp",
    "make_timestamptz",
    "masklen",
    "md5",
    "mod",
    "name",
    "netmask",
    "network",
    "normalize",
    "now",
    "num_nonnulls",
    "num_nulls",
    "numeric",
    "numrange",
    "octet_length",
    "overlay",
    "pg_typeof",
    "pi",
    "position",
    "pow",
    "power",
    "quote_ident",
    "quote_literal",
    "quote_nullable",
    "radians",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row_to_json",
    "rpad",
    "rtrim",
    "scale",
    "session_user",
    "set_bit",
    "set_byte",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sign",
    "sin",
    "split_part",
    "sqrt",
    "starts_with",
    "statement_timestamp",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "tan",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "timezone",
    "to_ascii",
    "to_char",
    "to_date",
    "to_hex",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "transaction_timestamp",
    "translate",
    "trim",
    "trim_array",
    "trim_scale",
    "trunc",
    "tsrange",
    "tstzrange",
    "txid_current",
    "upper",
    "upper_inc",
    "upper_inf",
    "varchar",
    "version",
    "width_bucket",
];

#[cfg(test)]
mod tests {
    use migrate_core::Engine;

    use super::*;

    #[test]
    fn the_lists_are_sorted_and_apart() {
        for list in [VOLATILE, OF_EXTENSIONS, CONSTANT] {
            assert!(list.is_sorted_by(|one, next| one < next), "{list:?}");
        }
        assert!(!CONSTANT.iter().any(|name| VOLATILE.contains(name) || OF_EXTENSIONS.contains(name)));
    }

    #[test]
    fn cases() {
        let mut schema = Schema::new(Engine::Postgres);
        let functions = "CREATE FUNCTION code() RETURNS text LANGUAGE sql IMMUTABLE RETURN 'x';
                         CREATE FUNCTION app.code() RETURNS text LANGUAGE sql RETURN random()::text;
                         CREATE FUNCTION now() RETURNS text LANGUAGE sql RETURN random()::text;";
        for statement in crate::sql::parse(functions, Engine::Postgres).statements {
            schema.apply(&statement);
        }
        let case = |function: Name, want| assert_eq!(volatility(&schema, &function), want, "{function}");
        case(Name::new("now"), Volatility::Constant); // the server's, not that of public
        case(Name::qualified("pg_catalog", "random"), Volatility::Volatile);
        case(Name::qualified("public", "random"), Volatility::Unknown);
        case(Name::qualified("public", "now"), Volatility::Volatile);
        case(Name::qualified("extensions", "uuid_generate_v4"), Volatility::Volatile);
        case(Name::new("code"), Volatility::Constant);
        case(Name::qualified("app", "code"), Volatility::Volatile);
        case(Name::new("snowflake"), Volatility::Unknown);
    }
}
