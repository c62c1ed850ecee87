//! The words that are known to be harmless. All lists are in lower case, and sorted if they are searched.
//!
//! What comes in is a word, `lower`; what goes out is whether it may be called, or named, or used as a type, on an
//! engine.

use crate::engine::Engine;

/// Words that read a table.
pub(super) const SUBQUERY: &[&str] = &["exists", "select", "table", "values", "with"];

/// Operators. A longer one is before those that it begins with.
pub(super) const fn operators(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Postgres => &[
            "->>", "#>>", "!~~*", "!~*", "!~~", "~~*", "->", "#>", "@>", "<@", "&&", "||", "<=", ">=", "<>",
            "!=", "<<", ">>", "!~", "~~", "~*", "<", ">", "=", "+", "-", "*", "/", "%", "^", "&", "|", "#",
            "~",
        ],
        Engine::Sqlite => &[
            "->>", "->", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "<", ">", "=", "+", "-", "*", "/",
            "%", "&", "|", "~",
        ],
    }
}

/// Operators in front of an operand.
pub(super) const PREFIX: &[&str] = &["+", "-", "~"];

/// Functions that come with the engine and read only their arguments and the clock. On PostgreSQL they are called in
/// `pg_catalog`, so that no function of the same name in another schema is called instead.
pub(super) fn is_function(name: &str, engine: Engine) -> bool {
    let own = match engine {
        Engine::Postgres => POSTGRES_FUNCTIONS,
        Engine::Sqlite => SQLITE_FUNCTIONS,
    };
    FUNCTIONS.binary_search(&name).is_ok() || own.binary_search(&name).is_ok()
}

/// Functions of both engines.
const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "ceiling",
    "concat",
    "concat_ws",
    "count",
    "date",
    "floor",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "octet_length",
    "pow",
    "power",
    "replace",
    "round",
    "rtrim",
    "sign",
    "sqrt",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "time",
    "trunc",
    "upper",
];

const POSTGRES_FUNCTIONS: &[&str] = &[
    "age",
    "array_length",
    "array_position",
    "array_to_string",
    "bit_length",
    "bool_and",
    "bool_or",
    "btrim",
    "cardinality",
    "char_length",
    "character_length",
    "date_part",
    "date_trunc",
    "div",
    "exp",
    "initcap",
    "isfinite",
    "json_array_length",
    "json_extract_path_text",
    "json_typeof",
    "jsonb_array_length",
    "jsonb_exists",
    "jsonb_exists_all",
    "jsonb_exists_any",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "jsonb_typeof",
    "left",
    "ln",
    "log",
    "lpad",
    "make_date",
    "make_interval",
    "make_timestamp",
    "md5",
    "now",
    "regexp_replace",
    "reverse",
    "right",
    "rpad",
    "split_part",
    "starts_with",
    "strpos",
    "to_char",
    "to_date",
    "to_number",
    "to_timestamp",
    "translate",
    "width_bucket",
];

const SQLITE_FUNCTIONS: &[&str] = &[
    "coalesce",
    "datetime",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "json_array_length",
    "json_extract",
    "json_type",
    "json_valid",
    "julianday",
    "like",
    "nullif",
    "quote",
    "strftime",
    "total",
    "trim",
    "typeof",
    "unicode",
    "unixepoch",
];

/// Constructs that look like functions but are PostgreSQL's grammar. No schema can have one of its own, and none can
/// be qualified.
pub(super) const POSTGRES_FORMS: &[&str] =
    &["coalesce", "extract", "greatest", "least", "nullif", "position", "row", "trim"];

/// The words that compare a text with a pattern.
pub(super) const fn likes(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Postgres => &["like", "ilike"],
        Engine::Sqlite => &["like", "glob"],
    }
}

/// Values that are written as words.
pub(super) fn is_constant(word: &str, engine: Engine) -> bool {
    matches!(word, "null" | "true" | "false" | "current_date" | "current_time" | "current_timestamp")
        || engine.has_standard_forms() && matches!(word, "localtime" | "localtimestamp")
}

/// Types whose input, output and casts read nothing else, by a single name. Types that look into the catalog, such as
/// `regclass`, are not among them.
pub(super) fn is_type(name: &str, engine: Engine) -> bool {
    KEYWORD_TYPES.contains(&name)
        || match engine {
            Engine::Postgres => CATALOG_TYPES.contains(&name),
            // To SQLite they are names, from which it takes the affinity.
            Engine::Sqlite => CATALOG_TYPES.contains(&name) || name == "blob",
        }
}

/// Types that are part of PostgreSQL's grammar.
const KEYWORD_TYPES: &[&str] = &[
    "bigint",
    "bit",
    "boolean",
    "char",
    "character",
    "dec",
    "decimal",
    "double",
    "float",
    "int",
    "integer",
    "interval",
    "numeric",
    "real",
    "smallint",
    "time",
    "timestamp",
    "varchar",
];

/// Types that PostgreSQL looks up. We write them with `pg_catalog`.
pub(super) const CATALOG_TYPES: &[&str] = &[
    "bool",
    "bpchar",
    "bytea",
    "cidr",
    "date",
    "float4",
    "float8",
    "inet",
    "int2",
    "int4",
    "int8",
    "json",
    "jsonb",
    "macaddr",
    "text",
    "timestamptz",
    "timetz",
    "uuid",
    "varbit",
];

/// Collations that compare bytes, or letters in the engine's own way. On SQLite any other name may be a function of
/// the application.
pub(super) const SQLITE_COLLATIONS: &[&str] = &["binary", "nocase", "rtrim"];

/// Words that are not names unless they are quoted. Some are values that no column holds, such as `user`.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "glob",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "index",
    "initially",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "match",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "raise",
    "references",
    "regexp",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "set",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// The lists that are searched, for the test that they are sorted.
#[cfg(test)]
pub(super) const SORTED: [&[&str]; 4] = [FUNCTIONS, POSTGRES_FUNCTIONS, SQLITE_FUNCTIONS, RESERVED];
