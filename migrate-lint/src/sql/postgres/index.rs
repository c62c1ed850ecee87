//! CREATE INDEX, REINDEX and CLUSTER.
//!
//! `CREATE UNIQUE INDEX CONCURRENTLY i ON t (lower(a)) WHERE b` becomes a [`CreateIndex`] with one key that is an
//! expression, and the filter `b`.

use squawk_parser::SyntaxKind::*;

use super::expression::{expression, expression_in, text};
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
        form: form(node),
    })
}

/// What is written of the form of an index, without its name, table, parameters and condition.
fn form(node: Node<'_>) -> String {
    const OTHER: &[squawk_parser::SyntaxKind] =
        &[INDEX, IF_NOT_EXISTS, TABLE_RELATION_NAME, WITH_PARAMS, TABLESPACE_CLAUSE, WHERE_CLAUSE];
    let parts = node.nodes().filter(|child| !OTHER.contains(&child.kind()));
    parts.map(text).collect::<Vec<_>>().join(" ")
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

/// REINDEX. A target that is not a table or an index is a schema or database.
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

/// Whether REINDEX has the option `(CONCURRENTLY)` or `(CONCURRENTLY true)`.
fn option(node: Node<'_>) -> bool {
    let option = node.find(REINDEX_OPTION_CONCURRENTLY);
    option.is_some_and(|option| !super::vacuum::is_off(option))
}

pub(super) fn clustered(node: Node<'_>) -> Option<Name> {
    name(node.find(TABLE_NAME_REF)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Kind;
    use crate::sql::postgres::testing::kind;

    #[track_caller]
    fn index(sql: &str) -> CreateIndex {
        let Kind::CreateIndex(index) = kind(sql) else { panic!("{sql}") };
        index
    }

    #[test]
    fn indexes() {
        let plain = index("CREATE INDEX ON t (a)");
        assert!(
            plain.name.is_none()
                && !plain.unique
                && !plain.concurrently
                && !plain.only
                && !plain.if_not_exists
        );
        let sql = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.\"T\" USING btree \
                   (a COLLATE \"C\" DESC, lower(b), (c + d)) INCLUDE (e, f) WHERE a IS NOT NULL";
        let full = index(sql);
        assert_eq!(full.name.map(|name| name.span.of(sql).to_owned()).as_deref(), Some("i"));
        assert_eq!(full.table, Name::qualified("s", "T"));
        assert!(full.unique && full.concurrently && full.only && full.if_not_exists);
        let keys: Vec<_> = full.keys.iter().map(|key| (key.column.as_deref(), &key.value.text[..])).collect();
        assert_eq!(keys, [(Some("a"), "a COLLATE \"C\""), (None, "lower(b)"), (None, "(c + d)")]);
        assert_eq!(full.form, "USING btree (a COLLATE \"C\" DESC, lower(b), (c + d)) INCLUDE (e, f)");
        assert_eq!(full.include, ["e", "f"]);
        assert_eq!(full.filter.map(|filter| filter.not_null), Some(vec!["a".to_owned()]));
    }

    #[test]
    fn rebuilds() {
        let reindex = |concurrently, target| Kind::Reindex(Reindex { concurrently, target });
        let table = || Reference::Table(Name::qualified("s", "t"));
        let cases = [
            ("REINDEX TABLE s.t", reindex(false, table())),
            ("REINDEX TABLE CONCURRENTLY s.t", reindex(true, table())),
            ("REINDEX (CONCURRENTLY) TABLE s.t", reindex(true, table())),
            ("REINDEX (VERBOSE, CONCURRENTLY off) TABLE s.t", reindex(false, table())),
            ("REINDEX INDEX i", reindex(false, Reference::Index(Name::new("i")))),
            ("REINDEX SCHEMA s", reindex(false, Reference::Many)),
            ("CLUSTER t USING i", Kind::Cluster { table: Some(Name::new("t")) }),
            ("CLUSTER i ON t", Kind::Cluster { table: Some(Name::new("t")) }),
            ("CLUSTER", Kind::Cluster { table: None }),
            ("VACUUM t", Kind::Vacuum { full: false }),
            ("VACUUM FULL t", Kind::Vacuum { full: true }),
            ("VACUUM (VERBOSE, FULL) t", Kind::Vacuum { full: true }),
            ("VACUUM (FULL false) t", Kind::Vacuum { full: false }),
        ];
        for (sql, want) in cases {
            assert_eq!(kind(sql), want, "{sql}");
        }
    }
}
