//! CREATE INDEX, REINDEX, CLUSTER.

use squawk_parser::SyntaxKind::*;

use super::expression::{expression, expression_in};
use super::name::{identifier, last, list, name};
use super::tree::Node;
use crate::sql::{CreateIndex, IndexKey, Name, Reference, Reindex};

pub(super) fn create_index(node: Node<'_>) -> Option<CreateIndex> {
    let table = node.child(TABLE_RELATION_NAME)?;
    let keys = node.child(PARTITION_ITEM_LIST)?;
    Some(CreateIndex {
        name: node.child(INDEX).and_then(identifier),
        table: name(table)?,
        unique: node.has(UNIQUE_KW),
        concurrently: node.has(CONCURRENTLY_KW),
        if_not_exists: node.has(IF_NOT_EXISTS),
        only: table.has(ONLY_KW),
        include: node.child(INDEX_INCLUDE_CLAUSE).map(|columns| list(columns, NAME_REF)).unwrap_or_default(),
        keys: keys.each(PARTITION_ITEM).filter_map(key).collect(),
        filter: node.child(WHERE_CLAUSE).and_then(expression_in),
    })
}

/// A key of an index or of EXCLUDE.
pub(super) fn key(node: Node<'_>) -> Option<IndexKey> {
    let value = node.nodes().next()?;
    let column = if value.kind() == COLLATE { value.nodes().next()? } else { value };
    Some(IndexKey {
        column: (column.kind() == NAME_REF).then(|| last(column)).flatten(),
        value: expression(value),
    })
}

pub(super) fn reindex(node: Node<'_>) -> Reindex {
    let target = node.nodes().find(|child| child.kind() != REINDEX_OPTION_LIST);
    let named = |target: Node<'_>, kind| target.child(kind).and_then(name);
    let reference = target.and_then(|target| match target.kind() {
        REINDEX_TARGET_TABLE => named(target, TABLE_NAME_REF).map(Reference::Table),
        REINDEX_TARGET_INDEX => named(target, INDEX_REF).map(Reference::Index),
        _ => None,
    });
    Reindex {
        concurrently: target.is_some_and(|target| target.has(CONCURRENTLY_KW)) || option(node),
        target: reference.unwrap_or(Reference::Many),
    }
}

/// `(CONCURRENTLY)`, `(CONCURRENTLY true)`.
fn option(node: Node<'_>) -> bool {
    let option = node.find(REINDEX_OPTION_CONCURRENTLY);
    option.is_some_and(|option| !super::vacuum::is_off(option))
}

pub(super) fn clustered(node: Node<'_>) -> Option<Name> {
    name(node.find(TABLE_NAME_REF)?)
}
