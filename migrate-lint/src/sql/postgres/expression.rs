//! Expressions: what the rules ask about a value or a condition of PostgreSQL.
//!
//! `total > 0 AND note IS NOT NULL` has the columns `total` and `note`, and `note` as not null. Conditions of
//! generated scripts have thousands of parts, so lists of operands are collected without recursion.

use std::collections::HashSet;

use squawk_parser::SyntaxKind::{self, *};

use super::name::{last, name};
use super::tree::Node;
use crate::sql::{Expression, Name};

/// Reduces a node to what the rules ask.
pub(super) fn expression(node: Node<'_>) -> Expression {
    Expression {
        span: Some(node.span()),
        calls: calls(node),
        columns: columns(node),
        not_null: not_null(node),
        is_always_true: truth(node) == Some(true),
        is_null: literal(node).is_some_and(|literal| literal.has(NULL_KW)),
        is_literal: literal(node).is_some(),
        text: text(node),
    }
}

/// The expression in a clause such as WHERE, DEFAULT or USING, which has one expression and no other node.
pub(super) fn expression_in(node: Node<'_>) -> Option<Expression> {
    let value = node.nodes().find(|child| {
        !matches!(child.kind(), CONSTRAINT_NAME_CLAUSE | GENERATED_ALWAYS | GENERATED_BY_DEFAULT)
    })?;
    Some(expression(value))
}

/// The functions that are called anywhere in `node`. Operations with a keyword of the grammar, such as COALESCE, are not
/// functions.
pub(super) fn calls(node: Node<'_>) -> Vec<Name> {
    let mut calls = Vec::new();
    let mut seen = HashSet::new();
    for call in std::iter::once(node).chain(node.descendants()).filter(|inner| inner.kind() == CALL_EXPR) {
        let callee = call.nodes().next().filter(|callee| matches!(callee.kind(), NAME_REF | FIELD_EXPR));
        let callee = callee.filter(|callee| !callee.tokens().any(|word| is_operation(word.kind())));
        if let Some(function) = callee.and_then(name)
            && seen.insert(function.clone())
        {
            calls.push(function);
        }
    }
    calls
}

/// Whether the grammar has a keyword for it. Such an operation cannot be redefined, so it is never volatile.
fn is_operation(kind: SyntaxKind) -> bool {
    matches!(kind, COALESCE_KW | NULLIF_KW | GREATEST_KW | LEAST_KW | GROUPING_KW)
}

/// The columns that are named anywhere in `node`, each once. A part of a qualified name or the name of a function is
/// not one.
fn columns(node: Node<'_>) -> Vec<String> {
    let mut columns = Vec::new();
    let mut seen = HashSet::new();
    for inner in std::iter::once(node).chain(node.descendants()) {
        let is_whole = inner.is(node) || !matches!(inner.parent().kind(), FIELD_EXPR | CALL_EXPR);
        if is_whole
            && let Some(column) = column(Some(inner))
            && seen.insert(column.clone())
        {
            columns.push(column);
        }
    }
    columns
}

/// Whether a name is a keyword with a value, such as `CURRENT_USER`, or `VALUE` in the CHECK of a domain.
fn is_value_keyword(node: Node<'_>) -> bool {
    node.children().any(|word| {
        matches!(
            word.kind(),
            CURRENT_CATALOG_KW
                | CURRENT_DATE_KW
                | CURRENT_ROLE_KW
                | CURRENT_SCHEMA_KW
                | CURRENT_TIME_KW
                | CURRENT_TIMESTAMP_KW
                | CURRENT_USER_KW
                | LOCALTIME_KW
                | LOCALTIMESTAMP_KW
                | SESSION_USER_KW
                | SYSTEM_USER_KW
                | USER_KW
                | VALUE_KW
        )
    })
}

/// The columns that are not NULL if the condition holds.
fn not_null(node: Node<'_>) -> Vec<String> {
    let conditions = operands(node, AND_KW);
    conditions.into_iter().filter_map(|condition| column(without_null(condition))).collect()
}

/// The value that a condition requires to be not NULL.
fn without_null(node: Node<'_>) -> Option<Node<'_>> {
    let says = match node.kind() {
        BIN_EXPR => node.has(IS_NOT) && node.nodes().last().is_some_and(|right| right.has(NULL_KW)),
        POSTFIX_EXPR => node.has(NOTNULL_KW),
        _ => false,
    };
    node.nodes().next().filter(|_| says).map(bare)
}

/// The column that a name means. A field of a value, `(f()).x`, is not a column.
pub(super) fn column(node: Option<Node<'_>>) -> Option<String> {
    let node =
        node.filter(|node| matches!(node.kind(), NAME_REF | FIELD_EXPR) && !is_value_keyword(*node))?;
    let of_value = node.nodes().next().is_some_and(|base| !matches!(base.kind(), NAME_REF | FIELD_EXPR));
    if of_value { None } else { last(node) }
}

/// The node without the parentheses around it.
pub(super) fn bare(mut node: Node<'_>) -> Node<'_> {
    while let Some(inner) = node.nodes().next().filter(|_| node.kind() == PAREN_EXPR) {
        node = inner;
    }
    node
}

/// The parts that an operator joins, through parentheses. It does not recurse, because generated conditions have
/// thousands of parts.
pub(super) fn operands(node: Node<'_>, operator: SyntaxKind) -> Vec<Node<'_>> {
    let mut operands = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let node = bare(node);
        match node.kind() {
            BIN_EXPR if node.has(operator) => open.extend(node.nodes()),
            _ => operands.push(node),
        }
    }
    operands
}

/// The value of a condition that does not depend on columns, if it is obvious.
fn truth(node: Node<'_>) -> Option<bool> {
    let node = bare(node);
    let mut parts = node.nodes();
    match node.kind() {
        LITERAL if node.has(TRUE_KW) => Some(true),
        LITERAL if node.has(FALSE_KW) => Some(false),
        PREFIX_EXPR if node.has(NOT_KW) => truth(parts.next()?).map(|inner| !inner),
        BIN_EXPR if node.has(AND_KW) => all(operands(node, AND_KW), true),
        BIN_EXPR if node.has(OR_KW) => all(operands(node, OR_KW), false),
        BIN_EXPR if node.has(EQ) => equal(parts.next()?, parts.next()?),
        BIN_EXPR if node.has(NEQ) || node.has(NEQB) => {
            equal(parts.next()?, parts.next()?).map(|equal| !equal)
        }
        _ => None,
    }
}

/// The value of AND (`wanted` is true) or OR (`wanted` is false): one part with the other value decides, otherwise all
/// parts have to be known.
fn all(parts: Vec<Node<'_>>, wanted: bool) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.into_iter().map(truth).collect();
    if parts.contains(&Some(!wanted)) {
        return Some(!wanted);
    }
    parts.iter().all(Option::is_some).then_some(wanted)
}

/// Whether two literals are equal. `None` if one is NULL, or they are of different kinds.
fn equal(left: Node<'_>, right: Node<'_>) -> Option<bool> {
    let (left, right) = (bare(left), bare(right));
    if [left, right].iter().any(|value| value.kind() != LITERAL || value.has(NULL_KW)) {
        return None;
    }
    let is_one_kind = left.children().next()?.kind() == right.children().next()?.kind();
    is_one_kind.then(|| left.text() == right.text())
}

/// The literal inside casts, signs and parentheses.
fn literal(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        LITERAL if !node.has(POSITIONAL_PARAM) => Some(node),
        PAREN_EXPR | CAST_EXPR => node.nodes().find_map(literal),
        PREFIX_EXPR if node.has(MINUS) || node.has(PLUS) => node.nodes().find_map(literal),
        _ => None,
    }
}

/// The text with one space for white space and comments.
pub(super) fn text(node: Node<'_>) -> String {
    let mut text = String::new();
    let mut end = node.span().start();
    for token in node.tokens() {
        if token.span().start() > end {
            text.push(' ');
        }
        text.push_str(token.text());
        end = token.span().end();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Kind;
    use crate::sql::postgres::testing::kind;

    #[track_caller]
    fn condition(sql: &str) -> Expression {
        let Kind::Delete(delete) = kind(&format!("DELETE FROM t WHERE {sql}")) else { panic!("{sql}") };
        delete.filter.expect(sql)
    }

    #[test]
    fn calls_are_of_functions() {
        let cases: [(&str, &[&str]); 7] = [
            ("f(g(1), s.h(x => 1))", &["f", "g", "s.h"]),
            ("now() < current_timestamp", &["now"]),
            ("coalesce(a, nullif(b, 1), greatest(1, 2), least(1))", &[]),
            ("a = any(array[f(1)]) and exists (select random())", &["f", "random"]),
            ("\"F\"() = pg_catalog.now()", &["F", "pg_catalog.now"]),
            ("extract(day from a) = 1 and cast(a as int) = 1", &[]),
            ("f() = f()", &["f"]),
        ];
        for (sql, want) in cases {
            let calls: Vec<String> = condition(sql).calls.iter().map(ToString::to_string).collect();
            assert_eq!(calls, want, "{sql}");
        }
    }

    #[test]
    fn columns_are_named_once_and_without_their_table() {
        let cases: [(&str, &[&str]); 6] = [
            ("a = 1 and t.a > s.t.b and \"C\" = 'x'", &["a", "b", "C"]),
            ("lower(a) = b::text || c", &["a", "b", "c"]),
            ("current_user = a and session_user = 'x'", &["a"]),
            ("(a).field = 1", &["a"]),
            ("case when a then b else c[d] end", &["a", "b", "c", "d"]),
            ("f() = 1", &[]),
        ];
        for (sql, want) in cases {
            assert_eq!(condition(sql).columns, want, "{sql}");
        }
    }

    #[test]
    fn what_holds_only_of_values() {
        let cases: [(&str, &[&str]); 7] = [
            ("a is not null", &["a"]),
            ("(t.a IS NOT NULL) and (b > 1 and (\"C\" notnull))", &["a", "C"]),
            ("a is not null or b is not null", &[]),
            ("not (a is not null)", &[]),
            ("a is null", &[]),
            ("a is not true", &[]),
            ("lower(a) is not null", &[]),
        ];
        for (sql, want) in cases {
            let mut not_null = condition(sql).not_null;
            not_null.sort_by_key(|column| column.to_ascii_lowercase());
            assert_eq!(not_null, want, "{sql}");
        }
    }

    #[test]
    fn what_says_nothing() {
        let always = [
            "true",
            "TRUE",
            "1=1",
            "(1) = ((1))",
            "'a' = 'a'",
            "not false",
            "1 <> 2",
            "1 != 2",
            "true and 1 = 1",
            "a = 1 or true",
            "not (1 = 2 or false)",
        ];
        for sql in always {
            assert!(condition(sql).is_always_true, "{sql}");
        }
        for sql in ["false", "1 = 2", "a", "a = a", "null = null", "a = 1 and true", "'1' = 1", "not true"] {
            assert!(!condition(sql).is_always_true, "{sql}");
        }
    }

    #[test]
    fn literals_and_null() {
        for sql in ["1", "-1", "'a'::text", "(1.5)", "cast('x' as s.t)", "int '5'", "true", "E'a'", "null"] {
            assert!(condition(sql).is_literal, "{sql}");
        }
        for sql in ["a", "f()", "1 + 1", "$1", "array[1]", "current_date"] {
            assert!(!condition(sql).is_literal, "{sql}");
        }
        for (sql, want) in [("null", true), ("NULL::int", true), ("'null'", false), ("a is null", false)] {
            assert_eq!(condition(sql).is_null, want, "{sql}");
        }
    }

    #[test]
    fn text_has_single_spaces() {
        assert_eq!(condition("a  /* why */ >\n\t'x  y'").text, "a > 'x  y'");
        assert_eq!(condition("f( a,b )").text, "f( a,b )");
    }

    #[test]
    fn thousands_of_conditions_are_no_danger() {
        let sql = vec!["a = 1"; 20_000].join(" or ");
        assert_eq!(condition(&sql).columns, ["a"]);
        let sql = vec!["a is not null"; 20_000].join(" and ");
        assert_eq!(condition(&sql).not_null.len(), 20_000);
    }
}
