//! What a type in a statement means in the schema that the migrations made: a built-in type, a domain, or unknown.
//!
//! After `CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%')`, the type `email` is a constrained domain whose base is
//! `text`. A type that is neither built in nor created by a migration is unknown, and unknown is never safe: it may be
//! such a domain.

use crate::schema::{Domain, Schema};
use crate::sql::Type;

/// More levels than any real schema has; a limit, so that a domain over itself in a broken script ends the search.
const MAX_DEPTH: usize = 16;

/// Whether the type is a domain with a CHECK or a NOT NULL, its own or that of a domain below it. An array of such a
/// domain does not count: adding a column of it rewrites nothing.
pub(super) fn is_constrained_domain(schema: &Schema, data_type: &Type) -> bool {
    domains(schema, data_type).any(|domain| domain.is_constrained)
}

/// Whether the type is a domain that has a default.
pub(super) fn with_default(schema: &Schema, data_type: &Type) -> bool {
    domains(schema, data_type).any(|domain| domain.has_default)
}

/// The type below all domains: `text` for a domain over a domain over `text`.
pub(super) fn base(schema: &Schema, data_type: &Type) -> Type {
    domains(schema, data_type).last().map_or_else(|| data_type.clone(), |domain| domain.base.clone())
}

/// Whether the type is a domain.
pub(super) fn is_domain(schema: &Schema, data_type: &Type) -> bool {
    domains(schema, data_type).next().is_some()
}

/// Whether the type is built in, an array, from a widely used extension, or created by a migration. Any other type may
/// be a domain.
pub(super) fn is_known(schema: &Schema, data_type: &Type) -> bool {
    let name = data_type.name.name.as_str();
    data_type.dimensions > 0
        || (data_type.name.schema.is_none() && (BUILTIN.contains(&name) || name.starts_with("interval ")))
        || OF_EXTENSIONS.contains(&name)
        || schema.has_type(&data_type.name)
}

/// The domains from this type down to its base type.
fn domains<'a>(schema: &'a Schema, data_type: &Type) -> impl Iterator<Item = &'a Domain> + use<'a> {
    let domain = move |data_type: &Type| schema.domain(&data_type.name).filter(|_| data_type.dimensions == 0);
    std::iter::successors(domain(data_type), move |above| domain(&above.base)).take(MAX_DEPTH)
}

/// The types of `pg_catalog`, by the names that the parser gives them: `integer` is `int4` by then.
const BUILTIN: &[&str] = &[
    "bit",
    "bool",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "inet",
    "int2",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "regclass",
    "regconfig",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
    "xml",
];

/// The types of `citext`, `hstore`, `ltree`, `cube`, PostGIS and pgvector.
const OF_EXTENSIONS: &[&str] = &[
    "citext",
    "cube",
    "geography",
    "geometry",
    "halfvec",
    "hstore",
    "lquery",
    "ltree",
    "ltxtquery",
    "sparsevec",
    "vector",
];

#[cfg(test)]
mod tests {
    use migrate_core::Engine;

    use super::*;
    use crate::sql::Name;

    fn schema(sql: &str) -> Schema {
        let mut schema = Schema::new(Engine::Postgres);
        crate::sql::parse(sql, Engine::Postgres)
            .statements
            .iter()
            .for_each(|statement| schema.apply(statement));
        schema
    }

    fn named(name: &str) -> Type {
        Type::builtin(name)
    }

    #[test]
    fn a_domain_is_what_all_domains_below_it_make_of_it() {
        let schema = schema(
            "CREATE DOMAIN word AS varchar(10) DEFAULT 'x' CHECK (VALUE <> '');
             CREATE DOMAIN title AS word;
             CREATE DOMAIN app.free AS text;",
        );
        let title = named("title");
        assert!(is_constrained_domain(&schema, &title) && with_default(&schema, &title));
        assert_eq!(base(&schema, &title), Type { modifiers: vec![10], ..named("varchar") });
        assert!(!is_constrained_domain(&schema, &Type { dimensions: 1, ..named("title") }));
        let free = Type { name: Name::qualified("app", "free"), ..named("") };
        assert!(is_domain(&schema, &free) && !is_constrained_domain(&schema, &free));
        assert!(!is_domain(&schema, &named("free"))); // another schema's
    }

    #[test]
    fn a_domain_of_itself_ends() {
        let schema = schema("CREATE DOMAIN loop AS loop");
        assert_eq!(base(&schema, &named("loop")), named("loop"));
    }

    #[test]
    fn types_are_known_from_the_server_or_the_history() {
        let schema = schema("CREATE TYPE mood AS ENUM ('good'); CREATE TYPE pair AS (a int, b int)");
        for known in ["int4", "interval day to second", "citext", "mood", "pair"] {
            assert!(is_known(&schema, &named(known)), "{known}");
        }
        assert!(is_known(&schema, &Type { dimensions: 1, ..named("unheard") }));
        assert!(!is_known(&schema, &named("unheard")));
        assert!(!is_known(&schema, &Type { name: Name::qualified("app", "mood"), ..named("") }));
    }
}
