//! Functions, types, privileges, and all that no table has part in.

use crate::fingerprint::case::{Case, case, one_way};

const TABLE: &str = "CREATE TABLE t (id bigint, note text)";
const FUNCTION: &str = "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a'";
const DOMAIN: &str = "CREATE DOMAIN d AS text";

pub(crate) const ROUTINES: &[Case] = &[
    // Functions, procedures, aggregates.
    case("", FUNCTION, "added    function public.f(a integer)"),
    case(
        FUNCTION,
        "CREATE FUNCTION f(a text) RETURNS text LANGUAGE sql AS 'SELECT a'",
        "added    function public.f(a text)",
    ),
    case(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION f(a integer) RETURNS integer LANGUAGE sql STABLE AS 'SELECT a'",
        "changed  function public.f(a integer): definition\n  +  STABLE",
    ),
    case(
        FUNCTION,
        "REVOKE EXECUTE ON FUNCTION f FROM PUBLIC",
        "changed  function public.f(a integer): grants to PUBLIC none → nothing",
    ),
    // What is granted to who has it already changes nothing.
    case(
        FUNCTION,
        "GRANT EXECUTE ON FUNCTION f TO PUBLIC; GRANT ALL ON FUNCTION f TO CURRENT_USER",
        "no difference",
    ),
    case("", "CREATE PROCEDURE go() LANGUAGE sql AS 'SELECT 1'", "added    procedure public.go()"),
    case(
        "CREATE PROCEDURE go() LANGUAGE sql AS 'SELECT 1'",
        "ALTER PROCEDURE go() SECURITY DEFINER",
        "changed  procedure public.go(): definition\n  +  SECURITY DEFINER",
    ),
    one_way(
        "CREATE AGGREGATE total(integer) (sfunc = int4pl, stype = integer)",
        "CREATE OR REPLACE AGGREGATE total(integer) (sfunc = int4pl, stype = integer, initcond = '0')",
        "changed  aggregate public.total(integer): initial none → 0",
    ),
];

pub(crate) const TYPES_AND_PRIVILEGES: &[Case] = &[
    // Types.
    case("", "CREATE TYPE mood AS ENUM ('sad')", "added    enum public.mood"),
    one_way(
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "ALTER TYPE mood ADD VALUE 'so-so' BEFORE 'happy'",
        "changed  enum public.mood: labels 'sad', 'happy' → 'sad', 'so-so', 'happy'",
    ),
    case("", DOMAIN, "added    domain public.d"),
    case(DOMAIN, "ALTER DOMAIN d SET NOT NULL", "changed  domain public.d: not null none → true"),
    case(DOMAIN, "ALTER DOMAIN d SET DEFAULT 'a'", "changed  domain public.d: default none → 'a'::text"),
    case(DOMAIN, "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '')", "added    constraint c of public.d"),
    one_way(
        "CREATE DOMAIN d AS text; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID",
        "ALTER DOMAIN d VALIDATE CONSTRAINT c",
        "changed  constraint c of public.d: valid false → none",
    ),
    one_way(
        "CREATE TYPE pair AS (a integer)",
        "ALTER TYPE pair ADD ATTRIBUTE b text COLLATE \"C\"",
        "changed  composite type public.pair: attributes\n  - a integer\n  + a integer,\n  + b text COLLATE \"C\"",
    ),
    case("", "CREATE TYPE span AS RANGE (subtype = float8)", "added    range type public.span"),
    case("", "CREATE TYPE soon", "added    base type public.soon"),
    case(
        "CREATE TYPE mood AS ENUM ('sad')",
        "GRANT USAGE ON TYPE mood TO migrate_test_reader",
        "changed  enum public.mood: grants to migrate_test_reader none → USAGE",
    ),
    // Privileges.
    case(
        TABLE,
        "GRANT SELECT, INSERT ON t TO migrate_test_reader; GRANT SELECT ON t TO PUBLIC",
        "changed  table public.t: grants to PUBLIC none → SELECT\n\
         changed  table public.t: grants to migrate_test_reader none → INSERT, SELECT",
    ),
    case(TABLE, "GRANT ALL ON t TO CURRENT_USER", "no difference"),
    case(
        TABLE,
        "GRANT SELECT ON t TO migrate_test_reader; REVOKE SELECT ON t FROM migrate_test_reader",
        "no difference",
    ),
    one_way(
        TABLE,
        "REVOKE ALL ON t FROM CURRENT_USER",
        "changed  table public.t: grants to OWNER none → nothing",
    ),
    one_way(
        "CREATE SCHEMA app",
        "ALTER DEFAULT PRIVILEGES FOR ROLE migrate_test_reader IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC",
        "added    default privileges on tables of migrate_test_reader in app",
    ),
    one_way(
        "ALTER DEFAULT PRIVILEGES FOR ROLE migrate_test_reader GRANT SELECT ON TABLES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE migrate_test_reader REVOKE SELECT ON TABLES FROM PUBLIC",
        "removed  default privileges on tables of migrate_test_reader",
    ),
];

pub(crate) const OTHERS: &[Case] = &[
    // Extensions, without what they bring.
    case(
        "",
        "CREATE SCHEMA own; CREATE EXTENSION citext SCHEMA own",
        "added    schema own\nadded    extension citext",
    ),
    case(
        "CREATE SCHEMA own; CREATE EXTENSION citext",
        "ALTER EXTENSION citext SET SCHEMA own",
        "changed  extension citext: schema public → own",
    ),
    // The comment that an extension brings is no change.
    case(
        "CREATE EXTENSION citext",
        "COMMENT ON EXTENSION citext IS 'ours'",
        "changed  extension citext: comment none → ours",
    ),
    // All the rest.
    case("", "CREATE COLLATION german (locale = 'C')", "added    collation public.german"),
    case(
        "",
        "CREATE OPERATOR === (leftarg = integer, rightarg = integer, function = int4eq)",
        "added    operator public.=== (integer, integer)",
    ),
    case(
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE CAST (text AS mood) WITH INOUT AS ASSIGNMENT",
        "added    cast (text AS public.mood)",
    ),
    case(
        "",
        "CREATE TEXT SEARCH DICTIONARY words (template = simple)",
        "added    text search dictionary public.words",
    ),
    one_way(
        "CREATE TEXT SEARCH CONFIGURATION c (parser = \"default\")",
        "ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple",
        "changed  text search configuration public.c: mappings none → word: simple",
    ),
    case("", "CREATE FOREIGN DATA WRAPPER w", "added    foreign data wrapper w"),
    case(
        "CREATE FOREIGN DATA WRAPPER w",
        "CREATE SERVER far FOREIGN DATA WRAPPER w",
        "added    foreign server far",
    ),
    one_way(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w",
        "ALTER SERVER far OPTIONS (ADD host 'there')",
        "changed  foreign server far: options none → host=there",
    ),
    one_way(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE t (id bigint) SERVER far",
        "ALTER FOREIGN TABLE t OPTIONS (ADD path 'x'); ALTER FOREIGN TABLE t ALTER id OPTIONS (ADD named 'y')",
        "changed  foreign table public.t: foreign options none → path=x\n\
         changed  column public.t.id: foreign options none → named=y",
    ),
    case(
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION f()",
        "added    event trigger e",
    ),
    case("", "CREATE PUBLICATION b", "added    publication b"),
    one_way(
        "CREATE TABLE t (id bigint PRIMARY KEY); CREATE PUBLICATION b",
        "ALTER PUBLICATION b ADD TABLE t",
        "changed  publication b: tables none → public.t",
    ),
    // Names that have to be quoted, and one that looks like another's.
    case(
        "CREATE SCHEMA \"My app\"",
        "CREATE TABLE \"My app\".\"Order\"\"s\" (\"a b\" text)",
        "added    table \"My app\".\"Order\"\"s\"",
    ),
    // What the session alone sees is no part of the schema, and neither are rows.
    case(TABLE, "CREATE TEMPORARY TABLE own (id bigint); INSERT INTO t VALUES (1)", "no difference"),
];
