//! One statement: its kind, and what it calls and reads.
//!
//! In comes the root node of a statement, out comes a [`Statement`]. The kinds are asked in groups (create, alter,
//! rows, session, harmless), and a node that none of them knows becomes `Kind::Unknown`. A new kind of statement is
//! harmless only if it is added to the list in [`plain`].

use migrate_core::Span;
use squawk_parser::SyntaxKind::{self, *};

use super::free_literal::free_literal;
use super::tree::Node;
use super::{
    alter_table, block, data, definition, drop, expression, index, name, reads, release, row_lock, setting,
    table, vacuum,
};
use crate::sql::{Kind, ObjectKind, Privileges, Statement};

pub(super) fn statement(node: Node<'_>) -> Statement {
    with_kind(node, kind(node).unwrap_or_else(|| unknown(node)))
}

/// The statement of a node whose kind is known.
pub(super) fn with_kind(node: Node<'_>, kind: Kind) -> Statement {
    let (mut literals, mut free_literals) = (Vec::new(), Vec::new());
    for token in node.tokens() {
        if let Some(text) = name::string(token) {
            free_literals.extend(free_literal(token.parent(), &text));
            literals.push(text);
        }
    }
    let reads = reads::reads(node);
    Statement {
        span: node.span(),
        kind,
        calls: calls(node),
        row_locks: row_lock::row_locks(node, &reads),
        reads,
        literals,
        free_literals,
        since: release::since(node),
        parameter: parameter(node),
    }
}

/// The first parameter that gets no value.
fn parameter(node: Node<'_>) -> Option<Span> {
    let may_have_values =
        matches!(node.kind(), CREATE_FUNCTION | CREATE_PROCEDURE | CREATE_SCHEMA | PREPARE | EXPLAIN);
    let mut tokens = node.tokens().filter(|_| !may_have_values);
    tokens.find(|token| token.kind() == POSITIONAL_PARAM).map(Node::span)
}

/// The kind of an unknown statement: its first two words.
pub(super) fn unknown(node: Node<'_>) -> Kind {
    let words: Vec<_> = node.tokens().take(2).map(|word| word.text().to_ascii_uppercase()).collect();
    Kind::Unknown(words.join(" "))
}

/// The functions that the statement calls when it runs.
fn calls(node: Node<'_>) -> Vec<crate::sql::Name> {
    match node.kind() {
        // The function of a trigger is called later, when rows are written.
        CREATE_TRIGGER => node.child(WHEN_CONDITION).map(expression::calls).unwrap_or_default(),
        _ => expression::calls(node),
    }
}

fn kind(node: Node<'_>) -> Option<Kind> {
    if let Some(object) = drop::dropped(node.kind()) {
        return Some(Kind::Drop(drop::drop(node, object)));
    }
    if let Some(relation) = altered_relation(node.kind()) {
        return alter_table::alter_table(node, relation).map(Kind::AlterTable);
    }
    create(node)
        .or_else(|| alter(node))
        .or_else(|| rows(node))
        .or_else(|| session(node))
        .or_else(|| plain(node))
}

fn create(node: Node<'_>) -> Option<Kind> {
    Some(match node.kind() {
        CREATE_TABLE | CREATE_FOREIGN_TABLE => Kind::CreateTable(table::create_table(node)?),
        CREATE_TABLE_AS | SELECT_INTO => Kind::CreateTable(table::create_table_as(node)?),
        CREATE_INDEX => Kind::CreateIndex(index::create_index(node)?),
        CREATE_VIEW | CREATE_MATERIALIZED_VIEW => Kind::CreateView(definition::create_view(node)?),
        CREATE_TRIGGER => Kind::CreateTrigger(definition::create_trigger(node)?),
        CREATE_RULE => Kind::CreateRule { table: definition::table(node)? },
        CREATE_POLICY => Kind::CreatePolicy(definition::create_policy(node)?),
        CREATE_FUNCTION | CREATE_PROCEDURE => Kind::CreateFunction(definition::create_function(node)?),
        CREATE_TYPE => Kind::CreateType(definition::create_type(node)?),
        CREATE_DOMAIN => Kind::CreateDomain(definition::create_domain(node)?),
        CREATE_SCHEMA => Kind::CreateSchema { name: name::last(node.find(SCHEMA).or(node.find(ROLE))?)? },
        CREATE_SEQUENCE => {
            let if_not_exists = node.has(IF_NOT_EXISTS);
            Kind::CreateSequence {
                name: name::name(node.child(SEQUENCE)?)?,
                temporary: node.has(TEMP),
                if_not_exists,
            }
        }
        CREATE_EXTENSION => Kind::CreateExtension { name: name::last(node.child(EXTENSION)?)? },
        _ => return None,
    })
}

/// The kind of relation, if the statement is its ALTER.
fn altered_relation(kind: SyntaxKind) -> Option<ObjectKind> {
    Some(match kind {
        ALTER_TABLE => ObjectKind::Table,
        ALTER_FOREIGN_TABLE => ObjectKind::ForeignTable,
        ALTER_VIEW => ObjectKind::View,
        ALTER_MATERIALIZED_VIEW => ObjectKind::MaterializedView,
        ALTER_INDEX => ObjectKind::Index,
        _ => return None,
    })
}

fn alter(node: Node<'_>) -> Option<Kind> {
    match node.kind() {
        ALTER_SEQUENCE => alter_sequence(node),
        IMPORT_FOREIGN_SCHEMA => Some(Kind::ImportSchema),
        ALTER_TYPE => definition::alter_type(node).or_else(|| rename_or_move(node)),
        ALTER_DOMAIN => definition::alter_domain(node).or_else(|| rename_or_move(node)),
        ALTER_POLICY if node.has(ALTER_POLICY_TO) => definition::alter_policy(node).map(Kind::AlterPolicy),
        _ => rename_or_move(node),
    }
}

/// ALTER SEQUENCE. Only RESTART can harm; other options apply to later numbers.
fn alter_sequence(node: Node<'_>) -> Option<Kind> {
    let of_relation = [SEQUENCE_RENAME_TO, OWNER_TO, SET_SCHEMA, OPTION_LOGGED, OPTION_UNLOGGED];
    if of_relation.iter().any(|change| node.has(*change)) {
        return alter_table::alter_table(node, ObjectKind::Sequence).map(Kind::AlterTable);
    }
    let name = name::name(node.child(SEQUENCE_REF)?)?;
    Some(if node.has(OPTION_RESTART) { Kind::RestartSequence { name } } else { Kind::Harmless })
}

/// RENAME TO, OWNER TO and SET SCHEMA of an object that is not a relation.
fn rename_or_move(node: Node<'_>) -> Option<Kind> {
    let object = altered_object(node.kind())?;
    let named = node.nodes().find(|child| child.kind() != IF_EXISTS)?;
    let named = match named.kind() {
        FUNCTION_SIG | PROCEDURE_SIG | ROUTINE_SIG | AGGREGATE => named.nodes().next()?,
        _ => named,
    };
    let name = name::name(named)?;
    if let Some(clause) = node.nodes().find(|child| child.has(RENAME_KW) && child.nodes().count() == 1) {
        let table = definition::table(node);
        return Some(Kind::Rename { object, name, table, to: name::identifier(clause.nodes().next()?)? });
    }
    let schema = node.child(SET_SCHEMA).and_then(|clause| name::last(clause.child(SCHEMA_REF)?));
    (node.has(OWNER_TO) || schema.is_some()).then_some(Kind::Move { object, name, schema })
}

/// The kind of object, if the statement is an ALTER of something that is not a relation.
fn altered_object(kind: SyntaxKind) -> Option<ObjectKind> {
    Some(match kind {
        ALTER_SCHEMA => ObjectKind::Schema,
        ALTER_TYPE => ObjectKind::Type,
        ALTER_DOMAIN => ObjectKind::Domain,
        ALTER_FUNCTION | ALTER_ROUTINE => ObjectKind::Function,
        ALTER_PROCEDURE => ObjectKind::Procedure,
        ALTER_AGGREGATE => ObjectKind::Aggregate,
        ALTER_TRIGGER => ObjectKind::Trigger,
        ALTER_RULE => ObjectKind::Rule,
        ALTER_POLICY => ObjectKind::Policy,
        ALTER_EXTENSION => ObjectKind::Extension,
        ALTER_ROLE | ALTER_USER | ALTER_GROUP => ObjectKind::Role,
        ALTER_COLLATION
        | ALTER_CONVERSION
        | ALTER_DATABASE
        | ALTER_EVENT_TRIGGER
        | ALTER_FOREIGN_DATA_WRAPPER
        | ALTER_LANGUAGE
        | ALTER_LARGE_OBJECT
        | ALTER_OPERATOR
        | ALTER_OPERATOR_CLASS
        | ALTER_OPERATOR_FAMILY
        | ALTER_PROPERTY_GRAPH
        | ALTER_PUBLICATION
        | ALTER_SERVER
        | ALTER_STATISTICS
        | ALTER_SUBSCRIPTION
        | ALTER_TABLESPACE
        | ALTER_TEXT_SEARCH_CONFIGURATION
        | ALTER_TEXT_SEARCH_DICTIONARY
        | ALTER_TEXT_SEARCH_PARSER
        | ALTER_TEXT_SEARCH_TEMPLATE => ObjectKind::Other,
        _ => return None,
    })
}

fn rows(node: Node<'_>) -> Option<Kind> {
    Some(match node.kind() {
        SELECT | COMPOUND_SELECT | PAREN_SELECT | VALUES | TABLE | PLPGSQL_EXPR | INSERT | UPDATE
        | DELETE | MERGE => data::rows(node)?,
        TRUNCATE => data::truncate(node)?,
        COPY => Kind::Copy(data::copy(node)),
        LOCK => Kind::LockTable(data::lock_table(node)?),
        REFRESH => Kind::Refresh(definition::refresh(node)?),
        REINDEX => Kind::Reindex(index::reindex(node)),
        CLUSTER => Kind::Cluster { table: index::clustered(node) },
        VACUUM => Kind::Vacuum { full: vacuum::is_full(node) },
        CALL => Kind::Call { procedure: name::name(node.child(PROCEDURE_NAME_REF)?)? },
        DO => Kind::Do(block::block(node)),
        EXPLAIN if is_executed(node) => kind(node.nodes().last()?)?,
        DECLARE | PREPARE => kind(node.nodes().last()?)?,
        _ => return None,
    })
}

/// Whether EXPLAIN executes its statement: only with ANALYZE.
fn is_executed(node: Node<'_>) -> bool {
    let options = node.child(EXPLAIN_OPTION_LIST);
    let mut options = options.into_iter().flat_map(|options| options.each(EXPLAIN_OPTION));
    node.has(EXPLAIN_ANALYZE)
        || options.any(|option| option.find(ANALYZE_KW).is_some() && !vacuum::is_off(option))
}

fn session(node: Node<'_>) -> Option<Kind> {
    Some(match node.kind() {
        SET_TRANSACTION if !node.has(SESSION_CHARACTERISTICS) => {
            Kind::SetTransaction { comes_first: setting::comes_first(node) }
        }
        DISCARD if node.find(ALL_KW).is_none() => Kind::Harmless,
        SET | SET_ROLE | SET_SESSION_AUTH | SET_TRANSACTION | RESET | RESET_ROLE | RESET_SESSION_AUTH
        | DISCARD => Kind::Set(setting::setting(node)),
        GRANT => Kind::Grant(privileges(node)),
        REVOKE => Kind::Revoke(privileges(node)),
        ALTER_DEFAULT_PRIVILEGES if node.has(REVOKE_DEFAULT_PRIVILEGES) => Kind::Revoke(privileges(node)),
        ALTER_DEFAULT_PRIVILEGES => Kind::Grant(privileges(node)),
        DROP_OWNED => Kind::Owned { drop: true },
        REASSIGN => Kind::Owned { drop: false },
        BEGIN
        | COMMIT_TRANSACTION
        | ROLLBACK_TRANSACTION
        | PREPARE_TRANSACTION
        | COMMIT_PREPARED
        | ROLLBACK_PREPARED
        | ROLLBACK_TO_SAVEPOINT => Kind::Transaction,
        _ => return None,
    })
}

/// The tables and functions of a GRANT or REVOKE. Without names it concerns a whole schema or a role.
fn privileges(node: Node<'_>) -> Privileges {
    let objects = node.child(ON_PRIVILEGE_OBJECTS_CLAUSE).and_then(|clause| clause.nodes().next());
    let tables = objects.filter(|objects| matches!(objects.kind(), PRIVILEGE_TABLE | PRIVILEGE_DEFAULT));
    let signatures = objects.into_iter().flat_map(Node::nodes).flat_map(drop::signatures);
    Privileges {
        tables: tables.map(|tables| name::names(tables, RELATION_NAME_REF)).unwrap_or_default(),
        functions: signatures.collect(),
    }
}

/// Statements that take no lock others wait for and change nothing that running code uses.
fn plain(node: Node<'_>) -> Option<Kind> {
    let harmless = matches!(
        node.kind(),
        ALTER_STATISTICS
            | ANALYZE
            | CHECKPOINT
            | CLOSE
            | COMMENT_ON
            | ALTER_USER_MAPPING
            | CREATE_ACCESS_METHOD
            | CREATE_AGGREGATE
            | CREATE_CAST
            | CREATE_COLLATION
            | CREATE_CONVERSION
            | CREATE_DATABASE
            | CREATE_FOREIGN_DATA_WRAPPER
            | CREATE_GROUP
            | CREATE_LANGUAGE
            | CREATE_OPERATOR
            | CREATE_OPERATOR_CLASS
            | CREATE_OPERATOR_FAMILY
            | CREATE_PROPERTY_GRAPH
            | CREATE_ROLE
            | CREATE_SERVER
            | CREATE_STATISTICS
            | CREATE_TABLESPACE
            | CREATE_TEXT_SEARCH_CONFIGURATION
            | CREATE_TEXT_SEARCH_DICTIONARY
            | CREATE_TEXT_SEARCH_PARSER
            | CREATE_TEXT_SEARCH_TEMPLATE
            | CREATE_TRANSFORM
            | CREATE_USER
            | CREATE_USER_MAPPING
            | DEALLOCATE
            | EXPLAIN
            | FETCH
            | LISTEN
            | LOAD
            | MOVE
            | NOTIFY
            | RELEASE_SAVEPOINT
            | SAVEPOINT_CREATE
            | SECURITY_LABEL
            | SET_CONSTRAINTS
            | SHOW
            | UNLISTEN
    );
    harmless.then_some(Kind::Harmless)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::postgres::testing::{kind, statement};
    use crate::sql::{Block, Name};

    #[test]
    fn objects_get_other_names_and_places() {
        use ObjectKind::*;
        for (sql, object, name, table) in [
            ("ALTER SCHEMA a RENAME TO z", Schema, "a", None),
            ("ALTER FUNCTION s.a(int, text) RENAME TO z", Function, "s.a", None),
            ("ALTER PROCEDURE a RENAME TO z", Procedure, "a", None),
            ("ALTER AGGREGATE s.a(int) RENAME TO z", Aggregate, "s.a", None),
            ("ALTER TRIGGER a ON s.t RENAME TO z", Trigger, "a", Some("s.t")),
            ("ALTER RULE a ON s.t RENAME TO z", Rule, "a", Some("s.t")),
            ("ALTER POLICY IF EXISTS a ON s.t RENAME TO z", Policy, "a", Some("s.t")),
            ("ALTER ROLE a RENAME TO z", Role, "a", None),
            ("ALTER COLLATION a RENAME TO z", Other, "a", None),
        ] {
            let Kind::Rename { object: found, name: from, table: on, to } = kind(sql) else {
                panic!("{sql}")
            };
            assert_eq!(
                (found, from.to_string(), on.map(|table| table.to_string())),
                (object, name.to_owned(), table.map(str::to_owned)),
                "{sql}"
            );
            assert_eq!((&to.name[..], to.span.of(sql)), ("z", "z"), "{sql}");
        }
        for (sql, object, schema) in [
            ("ALTER FUNCTION a(int) SET SCHEMA z", Function, Some("z")),
            ("ALTER SCHEMA a OWNER TO z", Schema, None),
            ("ALTER EXTENSION a SET SCHEMA z", Extension, Some("z")),
            ("ALTER DATABASE a OWNER TO z", Other, None),
        ] {
            let schema = schema.map(str::to_owned);
            assert_eq!(kind(sql), Kind::Move { object, name: Name::new("a"), schema }, "{sql}");
        }
    }

    #[test]
    fn small_kinds() {
        let name = || Name::qualified("s", "x");
        let named = |names: &[&str]| names.iter().map(|name| Name::new(*name)).collect();
        let tables = |tables: &[&str]| Privileges { tables: named(tables), functions: Vec::new() };
        let functions = |functions: &[&str]| Privileges { tables: Vec::new(), functions: named(functions) };
        let cases = [
            ("CREATE SCHEMA IF NOT EXISTS x AUTHORIZATION y", Kind::CreateSchema { name: "x".to_owned() }),
            ("CREATE SCHEMA AUTHORIZATION y", Kind::CreateSchema { name: "y".to_owned() }),
            (
                "CREATE SEQUENCE s.x START 5",
                Kind::CreateSequence { name: name(), temporary: false, if_not_exists: false },
            ),
            (
                "CREATE TEMP SEQUENCE s.x",
                Kind::CreateSequence { name: name(), temporary: true, if_not_exists: false },
            ),
            ("ALTER SEQUENCE s.x RESTART WITH 5", Kind::RestartSequence { name: name() }),
            ("ALTER SEQUENCE s.x OWNED BY t.a", Kind::Harmless),
            (
                "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"",
                Kind::CreateExtension { name: "uuid-ossp".to_owned() },
            ),
            ("CALL s.x(1)", Kind::Call { procedure: name() }),
            ("GRANT SELECT ON TABLE a, b TO c", Kind::Grant(tables(&["a", "b"]))),
            ("GRANT SELECT ON a TO c", Kind::Grant(tables(&["a"]))),
            ("GRANT ALL ON SCHEMA a TO c", Kind::Grant(tables(&[]))),
            ("REVOKE SELECT ON a FROM c", Kind::Revoke(tables(&["a"]))),
            ("REVOKE ALL ON FUNCTION a(int), b FROM public", Kind::Revoke(functions(&["a", "b"]))),
            ("REVOKE a FROM c", Kind::Revoke(tables(&[]))),
            ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO a", Kind::Grant(tables(&[]))),
            ("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM a", Kind::Revoke(tables(&[]))),
            ("DROP OWNED BY a", Kind::Owned { drop: true }),
            ("REASSIGN OWNED BY a TO b", Kind::Owned { drop: false }),
            ("BEGIN", Kind::Transaction),
            ("COMMIT AND CHAIN", Kind::Transaction),
            ("ROLLBACK", Kind::Transaction),
            ("PREPARE TRANSACTION 'a'", Kind::Transaction),
            ("SAVEPOINT a", Kind::Harmless),
            ("ROLLBACK TO a", Kind::Transaction),
            ("IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b", Kind::ImportSchema),
            ("COMMENT ON TABLE a IS 'b'", Kind::Harmless),
            ("ANALYZE a", Kind::Harmless),
            ("EXPLAIN DELETE FROM t", Kind::Harmless),
            ("CREATE ROLE a", Kind::Harmless),
            ("DISCARD PLANS", Kind::Harmless),
            ("DISCARD TEMP", Kind::Harmless),
            ("ALTER USER MAPPING FOR user SERVER s OPTIONS (SET a 'b')", Kind::Harmless),
            ("ALTER ROLE a NOLOGIN", Kind::Unknown("ALTER ROLE".to_owned())),
            ("alter system set a = 1", Kind::Unknown("ALTER SYSTEM".to_owned())),
            ("EXECUTE a", Kind::Unknown("EXECUTE A".to_owned())),
            (
                "DO LANGUAGE sql 'x'",
                Kind::Do(Block { statements: Vec::new(), chances: Vec::new(), is_opaque: true }),
            ),
        ];
        for (sql, want) in cases {
            assert_eq!(kind(sql), want, "{sql}");
        }
        for sql in [
            "EXPLAIN ANALYZE DELETE FROM t",
            "EXPLAIN (VERBOSE, ANALYZE) DELETE FROM t",
            "PREPARE a AS DELETE FROM t",
        ] {
            assert!(matches!(kind(sql), Kind::Delete(_)), "{sql}");
        }
    }

    #[test]
    fn a_statement_has_its_calls_and_literals() {
        let sql = "SELECT setval('s', 1), E'a' || $$b$$ WHERE f(now()) AND c = 'd'";
        let statement = statement(sql);
        let calls: Vec<String> = statement.calls.iter().map(ToString::to_string).collect();
        assert_eq!(calls, ["setval", "f", "now"]);
        assert_eq!(statement.literals, ["s", "a", "b", "d"]);
    }
}
