//! What the parser accepts and the server's grammar does not.
//!
//! The parser is made for editors, so it accepts nearly everything: `CREATE TABLE t (a)` has a column without a
//! type, and no error. A migration with it would fail when it runs, so each difference that was found against a
//! server is checked here, by the kind of the node.

use squawk_parser::SyntaxKind::{self, *};
use squawk_parser::{is_reserved_keyword, is_type_func_name_keyword};

use super::drop::dropped;
use super::tree::Node;
use super::types::type_in;

/// The offset at which the node itself, without its descendants, does not fit the grammar.
pub(super) fn misfit(node: Node<'_>) -> Option<usize> {
    match node.kind() {
        LITERAL => adjacent_string(node),
        COLUMN | ADD_COLUMN | COMPOSITE_FIELD_DEF => missing_type(node),
        COLUMN_NAME | COLUMN_NAME_REF | CONSTRAINT_NAME | CTE_NAME | EXTENSION | POLICY | POLICY_REF
        | SCHEMA | SCHEMA_REF | TABLE_ALIAS | TRIGGER | TRIGGER_REF | NAME_REF | PATH_SEGMENT
        | PATH_SEGMENT_REF => reserved_word(node),
        PREFIX_EXPR => prefix_operator(node),
        BIN_EXPR => operand(node),
        ARRAY_EXPR => missing_array(node),
        DEFAULT_CONSTRAINT => loose_default(node),
        PARTITION_ITEM => loose_key(node),
        JOIN => missing_condition(node),
        AS_POLICY_TYPE => policy_type(node),
        // A variable of psql.
        NON_STANDARD_PARAM => Some(start(node)),
        kind if dropped(kind).is_some() => missing_names(node),
        _ => None,
    }
}

fn start(node: Node<'_>) -> usize {
    node.span().start()
}

/// Two adjacent strings are one only if a line break is between them.
fn adjacent_string(literal: Node<'_>) -> Option<usize> {
    let parts: Vec<Node<'_>> = literal.children().collect();
    let is_string = |part: Node<'_>| !matches!(part.kind(), UESCAPE_KW);
    let pair = parts.windows(2).find(|pair| {
        pair.iter().all(|part| is_string(*part)) && !literal.between(pair[0], pair[1]).contains('\n')
    })?;
    Some(start(pair[1]))
}

/// A column needs a type, except in a partition or a typed table.
fn missing_type(node: Node<'_>) -> Option<usize> {
    let name = node.nodes().find(|child| matches!(child.kind(), COLUMN_NAME | COMPOSITE_FIELD))?;
    let table = node.parent().parent();
    let is_typed = node.kind() == COLUMN
        && (!matches!(table.kind(), CREATE_TABLE | CREATE_FOREIGN_TABLE)
            || table.has(PARTITION_OF)
            || table.has(OF_TYPE));
    (!is_typed && type_in(node).is_none()).then(|| name.span().end())
}

/// A reserved word is a name only after a dot or as a label. Some reserved words may be names of functions and types
/// (PostgreSQL manual, appendix C).
fn reserved_word(name: Node<'_>) -> Option<usize> {
    let around = name.parent();
    let is_relation =
        matches!(around.parent().kind(), TABLE_NAME | TABLE_NAME_REF | RELATION_NAME_REF | INDEX | INDEX_REF);
    let is_path = matches!(name.kind(), PATH_SEGMENT | PATH_SEGMENT_REF);
    let is_callable = (is_path && !is_relation) || around.kind() == CALL_EXPR;
    let is_reserved = |kind| is_reserved_keyword(kind) || (!is_callable && is_type_func_name_keyword(kind));
    let word = name.children().next().filter(|word| is_reserved(word.kind()))?;
    let is_label = around.kind() == AS_NAME;
    let is_qualified = around.children().any(|part| part.kind() == DOT && start(part) < start(name));
    let is_value = matches!(name.kind(), NAME_REF | PATH_SEGMENT_REF) && is_value(word.kind());
    (!is_label && !is_qualified && !is_value).then(|| start(word))
}

/// Reserved words that are values.
fn is_value(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        CURRENT_CATALOG_KW
            | CURRENT_DATE_KW
            | CURRENT_ROLE_KW
            | CURRENT_SCHEMA_KW
            | CURRENT_TIME_KW
            | CURRENT_TIMESTAMP_KW
            | CURRENT_USER_KW
            | DEFAULT_KW
            | LOCALTIME_KW
            | LOCALTIMESTAMP_KW
            | SESSION_USER_KW
            | SYSTEM_USER_KW
            | USER_KW
    )
}

/// An operator before a value is a sign or a custom operator, and none of these (PostgreSQL manual, 4.1.3).
fn prefix_operator(node: Node<'_>) -> Option<usize> {
    let operator = node.child(CUSTOM_OP)?;
    let needs_left = ["=", "<", ">", "<=", ">=", "<>", "!=", "*", "/", "%", "^"];
    needs_left.contains(&operator.text()).then(|| start(operator))
}

/// Only a few words may follow IS, and only a parenthesis may follow IN.
fn operand(node: Node<'_>) -> Option<usize> {
    let word = node.nodes().nth(if node.has(IS_KW) || node.has(IN_KW) { 1 } else { 2 })?.tokens().next()?;
    let fits = if node.has(IS_KW) || node.has(IS_NOT) {
        matches!(word.kind(), NULL_KW | TRUE_KW | FALSE_KW | UNKNOWN_KW | DOCUMENT_KW)
    } else if node.has(IN_KW) || node.has(NOT_IN) {
        word.kind() == L_PAREN
    } else {
        true
    };
    (!fits).then(|| start(word))
}

/// Brackets without ARRAY are an array only inside another array.
fn missing_array(node: Node<'_>) -> Option<usize> {
    let first = node.children().next()?;
    (first.kind() == L_BRACK && node.parent().kind() != ARRAY_EXPR).then(|| start(first))
}

/// NOT, AND, OR, IN and LIKE need parentheses in the default of a column.
fn loose_default(node: Node<'_>) -> Option<usize> {
    let value = node.nodes().find(|child| child.kind() != CONSTRAINT_NAME_CLAUSE)?;
    let ends = |word: &Node<'_>| {
        matches!(word.kind(), NOT_KW | AND_KW | OR_KW | IN_KW | NOT_IN | LIKE_KW | NOT_LIKE)
    };
    let word = value.children().find(ends)?;
    matches!(value.kind(), PREFIX_EXPR | BIN_EXPR).then(|| start(word))
}

/// A key of an index is a column, a call, or an expression in parentheses.
fn loose_key(node: Node<'_>) -> Option<usize> {
    let mut value = node.nodes().next()?;
    if value.kind() == COLLATE {
        value = value.nodes().next()?;
    }
    let is_key = matches!(value.kind(), NAME_REF | CALL_EXPR | PAREN_EXPR) || value.has(CAST_KW);
    (!is_key).then(|| start(value))
}

/// A join needs a condition, unless it is NATURAL or CROSS.
fn missing_condition(node: Node<'_>) -> Option<usize> {
    let has_one = [ON_CLAUSE, JOIN_USING_CLAUSE, JOIN_CROSS, NATURAL_KW].iter().any(|part| node.has(*part));
    (!has_one).then(|| node.span().end())
}

/// A policy is AS PERMISSIVE or AS RESTRICTIVE.
fn policy_type(node: Node<'_>) -> Option<usize> {
    let word = node.tokens().nth(1)?;
    let is_known = ["permissive", "restrictive"].iter().any(|known| word.text().eq_ignore_ascii_case(known));
    (!is_known).then(|| start(word))
}

/// A DROP needs a name.
fn missing_names(node: Node<'_>) -> Option<usize> {
    node.nodes().all(|child| child.kind() == IF_EXISTS).then(|| node.span().end())
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::parse;

    #[test]
    fn what_the_server_refuses() {
        let cases = [
            ("SELECT 'a' 'b'", 11),
            ("SELECT 'a' -- why\n 'b' 'c'", 23),
            ("CREATE TABLE t (a, b int)", 17),
            ("CREATE TABLE t (a PRIMARY KEY)", 18),
            ("ALTER TABLE t ADD a NOT NULL", 20),
            ("CREATE TYPE t AS (a int, b)", 26),
            ("ALTER TABLE t DROP COLUMN column", 26),
            ("ALTER TABLE t ADD CONSTRAINT table UNIQUE (a)", 29),
            ("SELECT * FROM table t", 14),
            ("ALTER TABLE concurrently ADD a int", 12),
            ("CREATE EXTENSION IF NOT EXISTS with", 31),
            ("SELECT 1 FROM a JOIN b WHERE c", 23),
            ("UPDATE t SET a = = 1", 17),
            ("SELECT a IS nul", 12),
            ("SELECT a IS NOT NOT NULL", 16),
            ("SELECT a NOT IN b", 16),
            ("SELECT a = ANY (['x'])", 16),
            ("ALTER TABLE t ADD a bool DEFAULT NOT true", 33),
            ("CREATE TABLE t (a bool DEFAULT 1 IN (1))", 33),
            ("CREATE POLICY p ON t AS RESTRICTED", 24),
            ("CREATE INDEX ON t (a + b)", 19),
            ("DROP TABLE", 10),
            ("DROP TABLE IF EXISTS", 20),
        ];
        for (sql, at) in cases {
            let errors = parse(sql).errors;
            let places: Vec<usize> = errors.iter().map(|error| error.span.start()).collect();
            assert_eq!(places, [at], "{sql}");
        }
    }

    #[test]
    fn what_the_server_takes() {
        for sql in [
            "SELECT 'a'\n 'b', U&'d!0061' UESCAPE '!'",
            "CREATE TABLE t PARTITION OF p (a NOT NULL) DEFAULT",
            "CREATE TABLE t OF y (a PRIMARY KEY)",
            "SELECT 1 AS table, a.select, left('a', 1), current_date, current_schema FROM t",
            "SELECT * FROM current_date",
            "SELECT * FROM a JOIN b JOIN c USING (x) ON true NATURAL LEFT JOIN d CROSS JOIN e, s.left",
            "UPDATE t SET a = - 1, b = ~ 1, c = @ -1, d = DEFAULT",
            "SELECT a IS NULL = b, a IS NOT UNKNOWN, a IN (1), a NOT IN (SELECT 1), a IS DOCUMENT",
            "SELECT ARRAY[[1], [2]], a[1], a IS DISTINCT FROM b",
            "CREATE TABLE t (a bool DEFAULT (NOT true), b bool DEFAULT 1 > 2)",
            "CREATE INDEX ON t (lower(a), (a + b), c COLLATE \"C\", cast(a AS text))",
        ] {
            assert_eq!(parse(sql).errors, [], "{sql}");
        }
    }
}
