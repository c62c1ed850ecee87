//! CREATE TABLE: columns and constraints.
//!
//! `CREATE TABLE t (id bigint PRIMARY KEY, n int CHECK (n > 0))` becomes a [`CreateTable`] with two columns; each
//! has its constraints and its span. NOT NULL, defaults and collations are properties of the column.

use squawk_parser::SyntaxKind::*;

use migrate_core::Span;

use super::expression::{expression, expression_in, text};
use super::index::key;
use super::name::{identifier, last, list, name, names};
use super::tree::Node;
use super::types::type_in;
use crate::sql::{
    Column, Constraint, ConstraintKind, CreateTable, Default, ForeignKey, Generated, OnDelete,
    PartitionBound, TableBody, TableOptions,
};

/// CREATE TABLE and CREATE FOREIGN TABLE.
pub(super) fn create_table(node: Node<'_>) -> Option<CreateTable> {
    let arguments = node.child(TABLE_ARG_LIST);
    let elements: Vec<Node<'_>> = arguments.into_iter().flat_map(Node::nodes).collect();
    let parent = node.child(PARTITION_OF).and_then(|clause| name(clause.child(TABLE_NAME_REF)?));
    let body = match parent {
        Some(parent) => TableBody::PartitionOf(parent, bound(node)),
        None if node.has(OF_TYPE) => TableBody::Query,
        None => {
            let columns = elements.iter().filter(|element| element.kind() == COLUMN);
            TableBody::Columns(columns.filter_map(|element| column(*element)).collect())
        }
    };
    let like = elements.iter().filter(|element| element.kind() == LIKE_CLAUSE);
    Some(CreateTable {
        constraints: elements.iter().filter_map(|element| constraint(*element, None)).collect(),
        like: like.filter_map(|clause| name(clause.child(RELATION_NAME_REF)?)).collect(),
        inherits: node.child(INHERITS).map(|clause| names(clause, TABLE_NAME_REF)).unwrap_or_default(),
        partition_by: node.child(PARTITION_BY).map(text),
        foreign: node.kind() == CREATE_FOREIGN_TABLE,
        ..empty(node, TABLE_NAME, body)?
    })
}

/// CREATE TABLE … AS and SELECT … INTO. The columns are those of the query, so they are not known.
pub(super) fn create_table_as(node: Node<'_>) -> Option<CreateTable> {
    empty(node.child(INTO_CLAUSE).unwrap_or(node), TABLE_NAME, TableBody::Query)
}

fn empty(node: Node<'_>, kind: squawk_parser::SyntaxKind, body: TableBody) -> Option<CreateTable> {
    Some(CreateTable {
        name: name(node.child(kind)?)?,
        temporary: node.has(TEMP),
        unlogged: node.has(UNLOGGED),
        foreign: false,
        if_not_exists: node.has(IF_NOT_EXISTS),
        body,
        constraints: Vec::new(),
        inherits: Vec::new(),
        like: Vec::new(),
        partition_by: None,
        options: TableOptions::default(),
        selection: None,
    })
}

/// The bounds of a partition, which are one of several clauses in `node`.
pub(super) fn bound(node: Node<'_>) -> PartitionBound {
    if node.has(PARTITION_DEFAULT) {
        return PartitionBound::Default;
    }
    PartitionBound::Values(
        node.nodes()
            .find(|clause| {
                matches!(
                    clause.kind(),
                    PARTITION_FOR_VALUES_FROM | PARTITION_FOR_VALUES_IN | PARTITION_FOR_VALUES_WITH
                )
            })
            .map(text)
            .unwrap_or_default(),
    )
}

/// A column of CREATE TABLE or ADD COLUMN.
pub(super) fn column(node: Node<'_>) -> Option<Column> {
    let name = identifier(node.child(COLUMN_NAME)?)?;
    let default = node.child(DEFAULT_CONSTRAINT).and_then(|clause| clause.nodes().find(is_value));
    // For the server, a COLLATE after a default belongs to the column; for this parser, to the value.
    let of_default = default.filter(|value| value.kind() == COLLATE);
    let collation = node.child(COLLATE).or(of_default);
    let value = of_default.and_then(|value| value.nodes().next()).or(default);
    let constraints = node.nodes().filter(|child| child.kind() != NOT_NULL_CONSTRAINT);
    Some(Column {
        data_type: type_in(node),
        span: Span::new(offset(name.span.start()), offset(node.span().end())),
        not_null: node.has(NOT_NULL_CONSTRAINT),
        default: value.map(|value| Default { value: expression(value) }),
        generated: node.child(GENERATED_CONSTRAINT).and_then(generated),
        constraints: constraints.filter_map(|child| constraint(child, Some(&name.name))).collect(),
        collation: collation.and_then(|collate| last(collate.child(COLLATION_REF)?)),
        name,
    })
}

fn is_value(node: &Node<'_>) -> bool {
    node.kind() != CONSTRAINT_NAME_CLAUSE
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// GENERATED: an identity, or an expression. Without STORED it is VIRTUAL, the default of PostgreSQL 18.
fn generated(node: Node<'_>) -> Option<Generated> {
    if node.has(GENERATED_IDENTITY) {
        return Some(Generated::Identity);
    }
    let clause = node.child(GENERATED_STORED)?;
    let value = expression_in(clause)?;
    Some(if clause.has(STORED) { Generated::Stored(value) } else { Generated::Virtual(value) })
}

/// A constraint of a table, or of one column.
pub(super) fn constraint(node: Node<'_>, column: Option<&str>) -> Option<Constraint> {
    Some(Constraint {
        name: node.child(CONSTRAINT_NAME_CLAUSE).and_then(|clause| last(clause.child(CONSTRAINT_NAME)?)),
        span: node.span(),
        kind: kind(node, column)?,
        not_valid: node.has(NOT_VALID),
        not_enforced: node.has(NOT_ENFORCED),
    })
}

fn kind(node: Node<'_>, column: Option<&str>) -> Option<ConstraintKind> {
    let columns = || column.map_or_else(|| key_columns(node), |column| vec![column.to_owned()]);
    let index = node.child(USING_INDEX_NAME).and_then(|clause| last(clause.child(INDEX_REF)?));
    Some(match (node.kind(), index) {
        (UNIQUE_CONSTRAINT, Some(index)) => ConstraintKind::UsingIndex { index, primary: false },
        (PRIMARY_KEY_CONSTRAINT, Some(index)) => ConstraintKind::UsingIndex { index, primary: true },
        (UNIQUE_CONSTRAINT, None) => {
            let nulls_not_distinct = node.find(NULLS_NOT_DISTINCT).is_some();
            ConstraintKind::Unique { columns: columns(), nulls_not_distinct }
        }
        (PRIMARY_KEY_CONSTRAINT, None) => ConstraintKind::PrimaryKey { columns: columns() },
        (CHECK_CONSTRAINT, _) => ConstraintKind::Check(check(node)?),
        (NOT_NULL_CONSTRAINT, _) => {
            let column = column.map(str::to_owned).or_else(|| last(node.child(COLUMN_NAME_REF)?))?;
            ConstraintKind::NotNull { column }
        }
        (EXCLUDE_CONSTRAINT, _) => {
            let elements = node.child(CONSTRAINT_EXCLUSION_LIST).into_iter();
            let elements = elements.flat_map(|list| list.each(CONSTRAINT_EXCLUSION));
            ConstraintKind::Exclude { keys: elements.filter_map(key).collect() }
        }
        (REFERENCES_CONSTRAINT | FOREIGN_KEY_CONSTRAINT, _) => {
            ConstraintKind::ForeignKey(foreign_key(node, column)?)
        }
        _ => return None,
    })
}

/// The condition of a CHECK: the node after the parenthesis.
fn check(node: Node<'_>) -> Option<crate::sql::Expression> {
    let condition = node.children().skip_while(|child| child.kind() != L_PAREN).nth(1)?;
    Some(expression(condition))
}

fn key_columns(node: Node<'_>) -> Vec<String> {
    node.find(CONSTRAINT_COLUMN_REF_LIST).map(|columns| list(columns, COLUMN_NAME_REF)).unwrap_or_default()
}

/// A foreign key. The columns before REFERENCES are its own, those after it the referenced ones.
fn foreign_key(node: Node<'_>, column: Option<&str>) -> Option<ForeignKey> {
    let is_before = |part: &Node<'_>| part.kind() != REFERENCES_KW;
    let own = || node.children().take_while(is_before).flat_map(key_column_names).collect();
    Some(ForeignKey {
        columns: column.map_or_else(own, |column| vec![column.to_owned()]),
        table: name(node.child(TABLE_NAME_REF)?)?,
        referenced: node.children().skip_while(is_before).flat_map(key_column_names).collect(),
        on_delete: node.child(ON_DELETE_ACTION).map(on_delete).unwrap_or_default(),
        deferred: false,
    })
}

fn on_delete(action: Node<'_>) -> OnDelete {
    if action.has(CASCADE) {
        OnDelete::Cascade
    } else if action.has(RESTRICT) {
        OnDelete::Restrict
    } else if action.has(SET_NULL_COLUMNS) {
        OnDelete::SetNull
    } else if action.has(SET_DEFAULT) || action.has(SET_DEFAULT_COLUMNS) {
        OnDelete::SetDefault
    } else {
        OnDelete::NoAction
    }
}

/// The columns in a part of a foreign key. A table constraint has a list of them, a column constraint one name.
fn key_column_names(part: Node<'_>) -> Vec<String> {
    match part.kind() {
        FOREIGN_KEY_COLUMN_LIST => part.nodes().flat_map(key_column_names).collect(),
        PERIOD_COLUMN => part.child(COLUMN_NAME_REF).and_then(last).into_iter().collect(),
        COLUMN_NAME_REF => last(part).into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::postgres::testing::kind;
    use crate::sql::{Kind, Name};

    #[track_caller]
    fn table(sql: &str) -> CreateTable {
        let Kind::CreateTable(table) = kind(sql) else { panic!("{sql}") };
        table
    }

    #[track_caller]
    fn column_of(definition: &str) -> Column {
        let TableBody::Columns(columns) = table(&format!("CREATE TABLE t ({definition})")).body else {
            panic!("{definition}")
        };
        columns.into_iter().next().expect(definition)
    }

    #[test]
    fn tables_of_every_sort() {
        let plain = table("CREATE TABLE IF NOT EXISTS s.\"T\" (a int, b text)");
        assert_eq!(plain.name, Name::qualified("s", "T"));
        assert!(plain.if_not_exists && !plain.temporary && !plain.unlogged && plain.partition_by.is_none());
        assert!(matches!(plain.body, TableBody::Columns(columns) if columns.len() == 2));
        assert!(table("CREATE TEMPORARY TABLE t ()").temporary);
        assert!(table("CREATE UNLOGGED TABLE t ()").unlogged);
        assert!(table("CREATE FOREIGN TABLE t (a int) SERVER s").foreign);
        let partitioned = table("CREATE TABLE t (a int) PARTITION BY LIST (a)");
        assert_eq!(partitioned.partition_by.as_deref(), Some("PARTITION BY LIST (a)"));
        for sql in [
            "CREATE TABLE t AS SELECT 1",
            "CREATE TABLE t OF some_type",
            "SELECT 1 AS a INTO t",
            "CREATE TABLE t AS EXECUTE q",
        ] {
            assert_eq!(table(sql).body, TableBody::Query, "{sql}");
            assert_eq!(table(sql).name, Name::new("t"), "{sql}");
        }
        assert!(table("SELECT 1 AS a INTO TEMP t").temporary);
        let bounds = [
            ("DEFAULT", PartitionBound::Default),
            ("FOR VALUES IN (1)", PartitionBound::Values("FOR VALUES IN (1)".into())),
            (
                "FOR VALUES FROM (1) TO (MAXVALUE)",
                PartitionBound::Values("FOR VALUES FROM (1) TO (MAXVALUE)".into()),
            ),
            (
                "FOR VALUES WITH (MODULUS 2, REMAINDER 0) PARTITION BY HASH (a)",
                PartitionBound::Values("FOR VALUES WITH (MODULUS 2, REMAINDER 0)".into()),
            ),
        ];
        for (sql, bound) in bounds {
            let partition = table(&format!("CREATE TABLE t PARTITION OF s.p {sql}"));
            assert_eq!(partition.body, TableBody::PartitionOf(Name::qualified("s", "p"), bound), "{sql}");
        }
        let heir = table("CREATE TABLE t (LIKE s.a INCLUDING ALL, LIKE b) INHERITS (c, d)");
        assert_eq!(heir.like, [Name::qualified("s", "a"), Name::new("b")]);
        assert_eq!(heir.inherits, [Name::new("c"), Name::new("d")]);
    }

    #[test]
    fn columns_keep_what_follows_their_type() {
        let column = column_of("id int NOT NULL DEFAULT f(1) COLLATE \"C\"");
        assert_eq!(column.name.name, "id");
        assert_eq!(column.span, Span::new(16, 56));
        assert!(column.not_null);
        assert_eq!(column.default.map(|default| default.value.text).as_deref(), Some("f(1)"));
        assert_eq!(column.collation.as_deref(), Some("C"));
        assert_eq!(column.constraints, []);
        assert!(!column_of("a int NULL").not_null);
        assert_eq!(column_of("a int GENERATED BY DEFAULT AS IDENTITY").generated, Some(Generated::Identity));
        let expression = |sql| match column_of(sql).generated {
            Some(Generated::Stored(value)) => format!("stored {}", value.text),
            Some(Generated::Virtual(value)) => format!("virtual {}", value.text),
            other => panic!("{other:?}"),
        };
        assert_eq!(expression("a int GENERATED ALWAYS AS (b * 2) STORED"), "stored b * 2");
        assert_eq!(expression("a int GENERATED ALWAYS AS (b) VIRTUAL"), "virtual b");
        assert_eq!(expression("a int GENERATED ALWAYS AS (b)"), "virtual b"); // the default of PostgreSQL 18
    }

    #[test]
    fn constraints_of_columns_and_tables() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<String>>();
        let key = |columns: &[&str], referenced: &[&str], on_delete| {
            ConstraintKind::ForeignKey(ForeignKey {
                columns: names(columns),
                table: Name::qualified("s", "r"),
                referenced: names(referenced),
                on_delete,
                deferred: false,
            })
        };
        let unique = |columns: &[&str], nulls_not_distinct| ConstraintKind::Unique {
            columns: names(columns),
            nulls_not_distinct,
        };
        let cases = [
            ("a int PRIMARY KEY", ConstraintKind::PrimaryKey { columns: names(&["a"]) }),
            ("a int UNIQUE", unique(&["a"], false)),
            ("a int UNIQUE NULLS NOT DISTINCT", unique(&["a"], true)),
            ("a int REFERENCES s.r", key(&["a"], &[], OnDelete::NoAction)),
            ("a int REFERENCES s.r (b) ON DELETE CASCADE", key(&["a"], &["b"], OnDelete::Cascade)),
            ("PRIMARY KEY (a, b) INCLUDE (c)", ConstraintKind::PrimaryKey { columns: names(&["a", "b"]) }),
            ("UNIQUE NULLS NOT DISTINCT (a)", unique(&["a"], true)),
            (
                "FOREIGN KEY (a, b) REFERENCES s.r ON DELETE SET NULL (a)",
                key(&["a", "b"], &[], OnDelete::SetNull),
            ),
            ("FOREIGN KEY (a, b) REFERENCES s.r (c, d)", key(&["a", "b"], &["c", "d"], OnDelete::NoAction)),
            ("NOT NULL a", ConstraintKind::NotNull { column: "a".to_owned() }),
        ];
        for (sql, want) in cases {
            let table = table(&format!("CREATE TABLE t ({sql})"));
            let TableBody::Columns(columns) = table.body else { panic!("{sql}") };
            let of_columns = columns.into_iter().flat_map(|column| column.constraints);
            let kinds: Vec<_> = of_columns.chain(table.constraints).map(|found| found.kind).collect();
            assert_eq!(kinds, [want], "{sql}");
        }
    }

    #[test]
    fn an_exclusion_is_by_its_keys() {
        let table = table("CREATE TABLE t (EXCLUDE USING gist (a WITH &&, lower(b) WITH =) WHERE (c))");
        let [constraint] = <[Constraint; 1]>::try_from(table.constraints).expect("one constraint");
        let ConstraintKind::Exclude { keys } = constraint.kind else { panic!("{:?}", constraint.kind) };
        let keys: Vec<_> = keys.iter().map(|key| (key.column.as_deref(), key.value.text.as_str())).collect();
        assert_eq!(keys, [(Some("a"), "a"), (None, "lower(b)")]);
    }

    #[test]
    fn constraints_say_their_name_and_whether_they_are_validated() {
        let sql = "CREATE TABLE t (CONSTRAINT \"C\" CHECK (a IS NOT NULL) NOT VALID, CHECK (b) NOT ENFORCED)";
        let table = table(sql);
        let [first, second] = <[Constraint; 2]>::try_from(table.constraints).expect(sql);
        assert_eq!(first.name.as_deref(), Some("C"));
        assert_eq!(first.span.of(sql), "CONSTRAINT \"C\" CHECK (a IS NOT NULL) NOT VALID");
        assert!(first.not_valid && !first.not_enforced);
        assert!(matches!(first.kind, ConstraintKind::Check(check) if check.not_null == ["a"]));
        assert!(second.name.is_none() && !second.not_valid && second.not_enforced);
    }
}
