//! Statements that read and write rows: INSERT, UPDATE, DELETE, MERGE, SELECT, TRUNCATE, COPY, LOCK.
//!
//! `WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM gone` becomes a query with two writes, so
//! that the rules see the DELETE and the INSERT.

use squawk_parser::SyntaxKind::*;

use super::expression::expression_in;
use super::name::{name, names};
use super::statement::with_kind;
use super::tree::Node;
use crate::sql::{Copy, Delete, Insert, Kind, LockTable, Name, Query, Statement, Update};

/// A statement that reads or writes rows. If its WITH writes, it becomes a query with several writes.
pub(super) fn rows(node: Node<'_>) -> Option<Kind> {
    let with = node.descendants().filter(|inner| inner.kind() == WITH_TABLE);
    let statement = |node| Some(with_kind(node, write(node)?));
    let mut writes: Vec<Statement> = with.flat_map(Node::nodes).filter_map(statement).collect();
    let own = write(node);
    if writes.is_empty() && own.is_some() {
        return own;
    }
    writes.extend(own.map(|kind| with_kind(node, kind)));
    Some(Kind::Query(Query { writes }))
}

/// The statement without its WITH, if it writes.
fn write(node: Node<'_>) -> Option<Kind> {
    let filter = || node.child(WHERE_CLAUSE).and_then(expression_in);
    Some(match node.kind() {
        INSERT => Kind::Insert(Insert {
            table: name(node.child(RELATION_NAME_REF)?)?,
            from_query: !node.has(VALUES) && !node.has(DEFAULT_VALUES),
            columns: node.child(COLUMN_TARGET_LIST).map(columns).unwrap_or_default(),
            targets: node.child(COLUMN_TARGET_LIST).map_or(0, |targets| targets.each(COLUMN_TARGET).count()),
            widths: widths(node).unwrap_or_default(),
            selection: None,
            conflict: None,
        }),
        UPDATE => Kind::Update(Update {
            table: name(node.child(RELATION_NAME)?)?,
            filter: filter(),
            overwrites: Vec::new(),
            replaces: false,
        }),
        DELETE => Kind::Delete(Delete { table: name(node.child(RELATION_NAME)?)?, filter: filter() }),
        MERGE => Kind::Merge { table: name(node.child(TABLE_RELATION_NAME)?)? },
        _ => return None,
    })
}

/// The columns of an INSERT. An element of an array or a field of a composite is left out.
fn columns(targets: Node<'_>) -> Vec<String> {
    let targets = targets.each(COLUMN_TARGET).filter_map(name);
    targets.filter(|column| column.schema.is_none()).map(|column| column.name).collect()
}

/// The numbers of values in the rows of an INSERT, each once. `None` if one may stand for several values, as `t.*` does.
fn widths(insert: Node<'_>) -> Option<Vec<usize>> {
    let rows: Vec<Vec<Node<'_>>> = if let Some(values) = insert.child(VALUES) {
        values.child(ROW_LIST)?.each(ROW).map(|row| row.nodes().collect()).collect()
    } else {
        let targets = insert.child(SELECT)?.child(SELECT_CLAUSE)?.child(TARGET_LIST)?;
        vec![targets.each(TARGET).collect()]
    };
    let is_many = |value: &Node<'_>| value.has(STAR) || value.nodes().any(|inner| inner.has(STAR));
    if rows.iter().flatten().any(is_many) {
        return None;
    }
    let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
    widths.sort_unstable();
    widths.dedup();
    Some(widths)
}

pub(super) fn truncate(node: Node<'_>) -> Option<Kind> {
    let tables = node.child(TABLE_LIST)?;
    Some(Kind::Truncate { tables: names(tables, TABLE_RELATION_NAME), cascade: node.has(CASCADE) })
}

pub(super) fn copy(node: Node<'_>) -> Copy {
    let table = node.child(COPY_TABLE).and_then(|table| name(table.child(TABLE_NAME_REF)?));
    Copy { table, from: node.has(COPY_FROM) }
}

/// LOCK TABLE. Without a mode it is ACCESS EXCLUSIVE.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::postgres::testing::kind;

    #[test]
    fn statements_that_write() {
        let t = || Name::qualified("s", "t");
        let insert = |from_query, columns: &[&str], targets, widths: &[usize]| {
            let columns = columns.iter().map(|column| (*column).to_owned()).collect();
            let widths = widths.to_vec();
            let (selection, conflict) = (None, None);
            Kind::Insert(Insert { table: t(), from_query, columns, targets, widths, selection, conflict })
        };
        let update = Update { table: t(), filter: None, overwrites: vec![], replaces: false };
        let cases = [
            (
                r#"INSERT INTO s.t AS x (a, "B c", d.e, f[1]) VALUES (1), (2)"#,
                insert(false, &["a", "B c"], 4, &[1]),
            ),
            ("INSERT INTO s.t VALUES (1, 2), (1), (f(1), 2)", insert(false, &[], 0, &[1, 2])),
            ("INSERT INTO s.t VALUES (1, (f()).*)", insert(false, &[], 0, &[])),
            ("INSERT INTO s.t DEFAULT VALUES", insert(false, &[], 0, &[])),
            ("INSERT INTO s.t SELECT 1, a FROM b", insert(true, &[], 0, &[2])),
            ("INSERT INTO s.t SELECT 1, b.* FROM b", insert(true, &[], 0, &[])),
            ("INSERT INTO s.t (a) (SELECT 1)", insert(true, &["a"], 1, &[])),
            ("WITH q AS (SELECT 1) INSERT INTO s.t TABLE q", insert(true, &[], 0, &[])),
            ("UPDATE ONLY s.t AS x SET a = 1", Kind::Update(update)),
            ("DELETE FROM s.t USING u", Kind::Delete(Delete { table: t(), filter: None })),
            ("MERGE INTO s.t USING u ON a = b WHEN MATCHED THEN DELETE", Kind::Merge { table: t() }),
            (
                "TRUNCATE TABLE ONLY a, s.t * RESTART IDENTITY CASCADE",
                Kind::Truncate { tables: vec![Name::new("a"), t()], cascade: true },
            ),
            ("TRUNCATE s.t", Kind::Truncate { tables: vec![t()], cascade: false }),
            ("COPY s.t (a) FROM '/x'", Kind::Copy(Copy { table: Some(t()), from: true })),
            ("COPY s.t TO '/x'", Kind::Copy(Copy { table: Some(t()), from: false })),
            ("COPY (SELECT 1) TO '/x'", Kind::Copy(Copy { table: None, from: false })),
        ];
        for (sql, want) in cases {
            assert_eq!(kind(sql), want, "{sql}");
        }
        for sql in ["UPDATE t SET a = 1 WHERE b > 2", "DELETE FROM t WHERE b > 2"] {
            let (Kind::Update(Update { filter, .. }) | Kind::Delete(Delete { filter, .. })) = kind(sql)
            else {
                panic!("{sql}")
            };
            assert_eq!(filter.expect(sql).text, "b > 2");
        }
    }

    #[test]
    fn queries() {
        let plain = Kind::Query(Query { writes: Vec::new() });
        for sql in
            ["SELECT 1", "(SELECT 1) UNION SELECT 2", "VALUES (1)", "TABLE t", "WITH a AS (SELECT 1) TABLE a"]
        {
            assert_eq!(kind(sql), plain, "{sql}");
        }
    }

    #[test]
    fn what_with_writes_is_found() {
        let written = |sql: &str| match kind(sql) {
            Kind::Query(query) => query.writes.iter().map(|write| write.span.of(sql).to_owned()).collect(),
            _ => Vec::new(),
        };
        let query = "WITH a AS (DELETE FROM t RETURNING *), b AS (SELECT 1) SELECT * FROM a";
        assert_eq!(written(query), ["DELETE FROM t RETURNING *"]);
        let insert = "WITH a AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM a";
        assert_eq!(written(insert), ["DELETE FROM t RETURNING *", insert]);
    }

    #[test]
    fn locks() {
        let lock = |tables: &[&str], mode: &str| {
            let tables = tables.iter().map(|table| Name::new(*table)).collect();
            Kind::LockTable(LockTable { tables, mode: mode.to_owned() })
        };
        assert_eq!(kind("LOCK t"), lock(&["t"], "ACCESS EXCLUSIVE"));
        assert_eq!(
            kind("lock table only a, b in share  row exclusive mode nowait"),
            lock(&["a", "b"], "SHARE ROW EXCLUSIVE")
        );
    }
}
