//! The relations that a statement reads.
//!
//! `WITH x AS (SELECT * FROM t) SELECT * FROM x JOIN u ON …` reads `t` and `u`. The name `x` is a query, but only
//! after its WITH entry and inside the statement that has the WITH: elsewhere the same name means a table.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use squawk_parser::SyntaxKind::*;

use super::name::{last, name};
use super::tree::Node;
use crate::sql::Name;

/// The relations after FROM, JOIN, USING and TABLE anywhere in `node`, without the queries of WITH.
pub(super) fn reads(node: Node<'_>) -> Vec<Name> {
    let mut queries: HashMap<String, Vec<Range<usize>>> = HashMap::new();
    for (query, visible) in node.descendants().filter(|inner| inner.kind() == WITH_TABLE).filter_map(query) {
        queries.entry(query).or_default().push(visible);
    }
    let mut reads = Vec::new();
    let mut seen = HashSet::new();
    for relation in std::iter::once(node).chain(node.descendants()).filter_map(relation) {
        let Some(read) = name(relation) else { continue };
        let at = relation.span().start();
        let is_query = read.schema.is_none()
            && queries
                .get(&read.name)
                .is_some_and(|queries| queries.iter().any(|visible| visible.contains(&at)));
        if !is_query && seen.insert(read.clone()) {
            reads.push(read);
        }
    }
    reads
}

/// The relation that a node names, if it is one that is read.
fn relation(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        RELATION_FROM_ITEM => node.child(RELATION_NAME_REF),
        TABLE => node.child(RELATION_NAME),
        _ => None,
    }
}

/// The name of a query in WITH, and the range in which the name means it: after the query, and with RECURSIVE also inside
/// it.
fn query(table: Node<'_>) -> Option<(String, Range<usize>)> {
    let with = table.parent();
    let mut whole = with.parent();
    // A WITH before a UNION belongs to all of it, and the tree has it in the first part.
    while whole.parent().kind() == COMPOUND_SELECT
        && whole.parent().nodes().next().is_some_and(|part| part.is(whole))
    {
        whole = whole.parent();
    }
    let start = if with.has(RECURSIVE_KW) { with.span().start() } else { table.span().end() };
    Some((last(table.child(CTE_NAME)?)?, start..whole.span().end()))
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::testing::statement;

    #[test]
    fn relations_and_not_the_queries_of_with() {
        let cases: [(&str, &[&str]); 13] = [
            (
                "SELECT * FROM a, ONLY s.b JOIN c USING (x), LATERAL (SELECT 1 FROM d) z, f(1)",
                &["a", "s.b", "c", "d"],
            ),
            (
                "SELECT (SELECT 1 FROM a) WHERE EXISTS (SELECT 1 FROM b) AND c IN (SELECT 1 FROM a)",
                &["a", "b"],
            ),
            ("TABLE a", &["a"]),
            ("UPDATE t SET a = 1 FROM b WHERE c = (SELECT 1 FROM d)", &["b", "d"]),
            ("DELETE FROM t USING a", &["a"]),
            ("MERGE INTO t USING a ON b = c WHEN MATCHED THEN DELETE", &["a"]),
            ("INSERT INTO t SELECT * FROM a", &["a"]),
            ("CREATE VIEW v AS SELECT * FROM a", &["a"]),
            ("WITH a AS (SELECT 1 FROM b), c AS (SELECT 1 FROM a) SELECT * FROM a, c, s.a", &["b", "s.a"]),
            ("WITH a AS (SELECT 1 FROM a) SELECT 1 FROM a", &["a"]), // the table, and then the query
            ("WITH RECURSIVE a AS (SELECT 1 UNION SELECT 1 FROM a) SELECT 1 FROM a", &[]),
            ("WITH a AS (SELECT 1) SELECT 1 UNION SELECT 1 FROM a", &[]),
            ("SELECT 1 FROM a WHERE EXISTS (WITH a AS (SELECT 1) SELECT 1 FROM a)", &["a"]),
        ];
        for (sql, want) in cases {
            let reads: Vec<String> = statement(sql).reads.iter().map(ToString::to_string).collect();
            assert_eq!(reads, want, "{sql}");
        }
    }
}
