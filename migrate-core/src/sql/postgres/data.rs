//! Statements that read and write rows.

use squawk_parser::SyntaxKind::*;

use super::expression::expression_in;
use super::name::{name, names};
use super::statement::with_kind;
use super::tree::Node;
use crate::sql::{Copy, Delete, Insert, Kind, LockTable, Name, Query, Statement, Update};

/// A statement of rows. One whose WITH writes is a query that writes several times.
pub(super) fn rows(node: Node<'_>) -> Option<Kind> {
    let with = node.descendants().filter(|inner| inner.kind() == WITH_TABLE);
    let statement = |node| Some(with_kind(node, write(node)?));
    let mut writes: Vec<Statement> = with.flat_map(Node::nodes).filter_map(statement).collect();
    let own = write(node);
    if writes.is_empty() && own.is_some() {
        return own;
    }
    writes.extend(own.map(|kind| with_kind(node, kind)));
    Some(Kind::Query(Query { locks_rows: node.find(LOCKING_CLAUSE).is_some(), writes }))
}

fn write(node: Node<'_>) -> Option<Kind> {
    let filter = || node.child(WHERE_CLAUSE).and_then(expression_in);
    Some(match node.kind() {
        INSERT => Kind::Insert(Insert {
            table: name(node.child(RELATION_NAME_REF)?)?,
            from_query: !node.has(VALUES) && !node.has(DEFAULT_VALUES),
        }),
        UPDATE => Kind::Update(Update { table: name(node.child(RELATION_NAME)?)?, filter: filter() }),
        DELETE => Kind::Delete(Delete { table: name(node.child(RELATION_NAME)?)?, filter: filter() }),
        MERGE => Kind::Merge { table: name(node.child(TABLE_RELATION_NAME)?)? },
        _ => return None,
    })
}

pub(super) fn truncate(node: Node<'_>) -> Option<Kind> {
    let tables = node.child(TABLE_LIST)?;
    Some(Kind::Truncate { tables: names(tables, TABLE_RELATION_NAME), cascade: node.has(CASCADE) })
}

pub(super) fn copy(node: Node<'_>) -> Copy {
    let table = node.child(COPY_TABLE).and_then(|table| name(table.child(TABLE_NAME_REF)?));
    Copy { table, from: node.has(COPY_FROM) }
}

pub(super) fn lock_table(node: Node<'_>) -> Option<LockTable> {
    let mode = node.child(LOCK_MODE_CLAUSE).and_then(|clause| clause.nodes().next());
    let words =
        |mode: Node<'_>| mode.tokens().map(|word| word.text().to_ascii_uppercase()).collect::<Vec<_>>();
    Some(LockTable {
        tables: relations(node.child(RELATION_LIST)?),
        mode: mode.map_or_else(|| "ACCESS EXCLUSIVE".to_owned(), |mode| words(mode).join(" ")),
    })
}

fn relations(node: Node<'_>) -> Vec<Name> {
    names(node, RELATION_NAME)
}
