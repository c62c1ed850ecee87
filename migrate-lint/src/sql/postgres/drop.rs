//! DROP of any object: `DROP TABLE a, b CASCADE` becomes a [`Drop`] with two names and `cascade: true`. For a
//! trigger, rule or policy the table after ON is kept too.

use squawk_parser::SyntaxKind::{self, *};

use super::name::name;
use super::tree::Node;
use crate::sql::{Drop, Name, ObjectKind};

pub(super) fn drop(node: Node<'_>, object: ObjectKind) -> Drop {
    let on = node.nodes().find(|child| matches!(child.kind(), ON_RELATION | ON_TABLE));
    Drop {
        object,
        names: node.nodes().flat_map(names).collect(),
        table: on.and_then(|clause| name(clause.nodes().next()?)),
        if_exists: node.has(IF_EXISTS),
        concurrently: node.has(CONCURRENTLY_KW),
        cascade: node.has(CASCADE),
    }
}

/// The names in one node of a DROP.
fn names(node: Node<'_>) -> Vec<Name> {
    match node.kind() {
        IF_EXISTS | CASCADE | RESTRICT | ON_RELATION | ON_TABLE => Vec::new(),
        FUNCTION_SIG_LIST | PROCEDURE_SIG_LIST | ROUTINE_SIG_LIST => signatures(node),
        AGGREGATE => node.child(PATH_REF).and_then(name).into_iter().collect(),
        _ => name(node).into_iter().collect(),
    }
}

/// The names in a list of functions or procedures. Their argument types are left out.
pub(super) fn signatures(list: Node<'_>) -> Vec<Name> {
    match list.kind() {
        FUNCTION_SIG_LIST | PROCEDURE_SIG_LIST | ROUTINE_SIG_LIST => {
            list.nodes().filter_map(|signature| name(signature.nodes().next()?)).collect()
        }
        _ => Vec::new(),
    }
}

/// The kind of object that a statement drops. `None` if it is not a DROP.
pub(super) fn dropped(kind: SyntaxKind) -> Option<ObjectKind> {
    Some(match kind {
        DROP_TABLE => ObjectKind::Table,
        DROP_FOREIGN_TABLE => ObjectKind::ForeignTable,
        DROP_VIEW => ObjectKind::View,
        DROP_MATERIALIZED_VIEW => ObjectKind::MaterializedView,
        DROP_INDEX => ObjectKind::Index,
        DROP_SEQUENCE => ObjectKind::Sequence,
        DROP_SCHEMA => ObjectKind::Schema,
        DROP_TYPE => ObjectKind::Type,
        DROP_DOMAIN => ObjectKind::Domain,
        DROP_FUNCTION | DROP_ROUTINE => ObjectKind::Function,
        DROP_PROCEDURE => ObjectKind::Procedure,
        DROP_AGGREGATE => ObjectKind::Aggregate,
        DROP_TRIGGER => ObjectKind::Trigger,
        DROP_RULE => ObjectKind::Rule,
        DROP_POLICY => ObjectKind::Policy,
        DROP_EXTENSION => ObjectKind::Extension,
        DROP_ROLE | DROP_USER | DROP_GROUP => ObjectKind::Role,
        DROP_ACCESS_METHOD
        | DROP_CAST
        | DROP_COLLATION
        | DROP_CONVERSION
        | DROP_DATABASE
        | DROP_EVENT_TRIGGER
        | DROP_FOREIGN_DATA_WRAPPER
        | DROP_LANGUAGE
        | DROP_OPERATOR
        | DROP_OPERATOR_CLASS
        | DROP_OPERATOR_FAMILY
        | DROP_PROPERTY_GRAPH
        | DROP_PUBLICATION
        | DROP_SERVER
        | DROP_STATISTICS
        | DROP_SUBSCRIPTION
        | DROP_TABLESPACE
        | DROP_TEXT_SEARCH_CONFIG
        | DROP_TEXT_SEARCH_DICT
        | DROP_TEXT_SEARCH_PARSER
        | DROP_TEXT_SEARCH_TEMPLATE
        | DROP_TRANSFORM
        | DROP_USER_MAPPING => ObjectKind::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Kind;
    use crate::sql::postgres::testing::kind;

    #[track_caller]
    fn dropped_by(sql: &str) -> Drop {
        let Kind::Drop(drop) = kind(sql) else { panic!("{sql}") };
        drop
    }

    #[test]
    fn what_is_dropped() {
        use ObjectKind::*;
        let cases: [(&str, ObjectKind, &[&str]); 20] = [
            ("DROP TABLE a, s.b", Table, &["a", "s.b"]),
            ("DROP FOREIGN TABLE a", ForeignTable, &["a"]),
            ("DROP VIEW a", View, &["a"]),
            ("DROP MATERIALIZED VIEW s.a", MaterializedView, &["s.a"]),
            ("DROP INDEX a, b", Index, &["a", "b"]),
            ("DROP SEQUENCE a", Sequence, &["a"]),
            ("DROP SCHEMA a, b", Schema, &["a", "b"]),
            ("DROP TYPE s.a", Type, &["s.a"]),
            ("DROP DOMAIN a", Domain, &["a"]),
            ("DROP FUNCTION a(int, text), s.b", Function, &["a", "s.b"]),
            ("DROP ROUTINE a", Function, &["a"]),
            ("DROP PROCEDURE a()", Procedure, &["a"]),
            ("DROP AGGREGATE a(*), s.b(int)", Aggregate, &["a", "s.b"]),
            ("DROP TRIGGER a ON s.t", Trigger, &["a"]),
            ("DROP RULE a ON s.t", Rule, &["a"]),
            ("DROP POLICY a ON s.t", Policy, &["a"]),
            ("DROP EXTENSION a", Extension, &["a"]),
            ("DROP ROLE a, b", Role, &["a", "b"]),
            ("DROP USER a", Role, &["a"]),
            ("DROP PUBLICATION a", Other, &["a"]),
        ];
        for (sql, object, names) in cases {
            let drop = dropped_by(sql);
            let found: Vec<String> = drop.names.iter().map(ToString::to_string).collect();
            assert_eq!(
                (drop.object, &found[..]),
                (object, &names.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{sql}"
            );
            let table = sql.ends_with("ON s.t").then(|| Name::qualified("s", "t"));
            assert_eq!(drop.table, table, "{sql}");
            assert!(!drop.if_exists && !drop.concurrently && !drop.cascade, "{sql}");
        }
    }

    #[test]
    fn how_it_is_dropped() {
        let drop = dropped_by("DROP INDEX CONCURRENTLY IF EXISTS a CASCADE");
        assert!(drop.if_exists && drop.concurrently && drop.cascade);
        assert!(!dropped_by("DROP TABLE a RESTRICT").cascade);
    }
}
