//! DROP.

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

/// What a part of a DROP names.
fn names(node: Node<'_>) -> Vec<Name> {
    match node.kind() {
        IF_EXISTS | CASCADE | RESTRICT | ON_RELATION | ON_TABLE => Vec::new(),
        FUNCTION_SIG_LIST | PROCEDURE_SIG_LIST | ROUTINE_SIG_LIST => signatures(node),
        AGGREGATE => node.child(PATH_REF).and_then(name).into_iter().collect(),
        _ => name(node).into_iter().collect(),
    }
}

/// The functions and procedures of a list of them.
pub(super) fn signatures(list: Node<'_>) -> Vec<Name> {
    match list.kind() {
        FUNCTION_SIG_LIST | PROCEDURE_SIG_LIST | ROUTINE_SIG_LIST => {
            list.nodes().filter_map(|signature| name(signature.nodes().next()?)).collect()
        }
        _ => Vec::new(),
    }
}

/// What a DROP drops, or `None` of other statements.
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
