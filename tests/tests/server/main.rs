//! What needs a PostgreSQL server. A suite that both engines run is here too.

mod conformance;
mod corpora;
mod dump;
mod enum_values;
mod fingerprint;
mod function_bodies;
mod lexer;
mod migrate_test;
mod postgres;
mod postgres_syntax;
mod round_trip;
mod schema;
mod scope;
mod scope_oracle;
mod tenants;
mod testing;
mod trace;
mod tracing;
mod type_changes;
mod up_fails;
mod version;

// `#[migrate::test]` looks for the set at the root of the crate.
use migrate_test::MIGRATIONS;
