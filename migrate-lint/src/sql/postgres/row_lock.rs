//! `SELECT … FOR UPDATE` and its like, where no condition limits the rows.
//!
//! `SELECT id FROM orders FOR UPDATE` locks all rows of `orders`; with WHERE, LIMIT or a join only some, and those are
//! not kept.

use squawk_parser::SyntaxKind::*;

use super::expression::expression_in;
use super::name::name;
use super::tree::Node;
use crate::sql::{Name, RowLock};

/// The locks of whole tables that the queries in `node` take. `reads` are the tables that it reads.
pub(super) fn row_locks(node: Node<'_>, reads: &[Name]) -> Vec<RowLock> {
    let clauses = node.descendants().filter(|inner| inner.kind() == LOCKING_CLAUSE);
    let locks = clauses.filter_map(|clause| {
        let query = clause.parent();
        let table = only_table(query).filter(|table| reads.contains(table))?;
        let strength = clause.nodes().next()?;
        (!is_limited(query)).then(|| RowLock { table, strength: words(strength), span: clause.span() })
    });
    locks.collect()
}

/// The strength in upper case, such as `FOR NO KEY UPDATE`. The tree may have FOR in front of it.
fn words(strength: Node<'_>) -> String {
    let words = strength.tokens().map(|word| word.text().to_ascii_uppercase());
    let words: Vec<String> = words.filter(|word| word != "FOR").collect();
    format!("FOR {}", words.join(" "))
}

/// The table of a query without a join.
fn only_table(query: Node<'_>) -> Option<Name> {
    let from = query.child(FROM_CLAUSE)?;
    let mut items = from.nodes();
    let item = items.next().filter(|item| item.kind() == RELATION_FROM_ITEM)?;
    if items.next().is_some() || from.find(JOIN).is_some() || item.find(TABLESAMPLE_CLAUSE).is_some() {
        return None;
    }
    name(item.child(RELATION_NAME_REF)?)
}

fn is_limited(query: Node<'_>) -> bool {
    let condition = query.child(WHERE_CLAUSE);
    let is_condition = condition
        .is_some_and(|clause| expression_in(clause).is_none_or(|condition| !condition.is_always_true));
    is_condition || query.has(LIMIT_CLAUSE) || query.has(FETCH_CLAUSE)
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::testing::statement;

    #[track_caller]
    fn locked(sql: &str, want: &[&str]) {
        let locks = statement(sql).row_locks;
        let found: Vec<String> = locks
            .iter()
            .map(|lock| format!("{} {} {}", lock.table, lock.strength, lock.span.of(sql)))
            .collect();
        assert_eq!(found, want, "{sql}");
    }

    #[test]
    fn whole_tables() {
        locked("SELECT 1 FROM t FOR UPDATE", &["t FOR UPDATE FOR UPDATE"]);
        locked(
            "SELECT a FROM s.t x WHERE true FOR NO KEY UPDATE OF x",
            &["s.t FOR NO KEY UPDATE FOR NO KEY UPDATE OF x"],
        );
        locked("SELECT a FROM t ORDER BY a FOR SHARE SKIP LOCKED", &["t FOR SHARE FOR SHARE SKIP LOCKED"]);
        locked("SELECT a FROM t FOR KEY SHARE", &["t FOR KEY SHARE FOR KEY SHARE"]);
        locked("WITH q AS (SELECT a FROM t FOR UPDATE) SELECT * FROM q", &["t FOR UPDATE FOR UPDATE"]);
        locked("INSERT INTO u SELECT a FROM t FOR UPDATE", &["t FOR UPDATE FOR UPDATE"]);
        locked("CREATE TABLE u AS SELECT a FROM t FOR UPDATE", &["t FOR UPDATE FOR UPDATE"]);
        locked("SELECT 1 FROM u WHERE a IN (SELECT a FROM t FOR UPDATE)", &["t FOR UPDATE FOR UPDATE"]);
    }

    #[test]
    fn some_rows() {
        for sql in [
            "SELECT 1 FROM t",
            "SELECT 1 FROM t WHERE id = 5 FOR UPDATE",
            "SELECT 1 FROM t LIMIT 5 FOR UPDATE",
            "SELECT 1 FROM t FETCH FIRST ROW ONLY FOR UPDATE",
            "SELECT 1 FROM t JOIN u USING (id) FOR UPDATE",
            "WITH q AS (SELECT 1) SELECT 1 FROM q FOR UPDATE",
            "SELECT 1 FOR UPDATE",
        ] {
            locked(sql, &[]);
        }
    }
}
