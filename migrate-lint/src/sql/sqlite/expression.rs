//! Expressions: what the rules ask about a value or a condition of SQLite.

use sqlite3_parser::ast::{Expr, Literal, Operator, UnaryOperator};

use super::name::{identifier, unquoted};
use super::walk::Walk;
use crate::sql::Expression;

/// Reduces a value or a condition to what the rules ask.
pub(super) fn expression(value: &Expr<'_>) -> Expression {
    let walk = Walk::of_expression(value);
    if walk.is_too_deep {
        return Expression { calls: walk.calls, columns: walk.columns, ..Expression::default() };
    }
    Expression {
        span: None,
        calls: walk.calls,
        columns: walk.columns,
        not_null: not_null(value),
        is_always_true: is_always_true(value),
        is_null: literal(value).is_some_and(|literal| *literal == Literal::Null),
        is_literal: literal(value).is_some() || truth(value).is_some(),
        text: value.to_string(),
    }
}

/// The column, if the expression is only a column.
pub(super) fn column(value: &Expr<'_>) -> Option<String> {
    match bare(value) {
        Expr::Id(id) if truth(value).is_none() => Some(unquoted(id.0)),
        Expr::Name(name) | Expr::Qualified(_, name) | Expr::DoublyQualified(_, _, name) => {
            Some(identifier(name))
        }
        // In an index, a collation belongs to the key and not to the value.
        Expr::Collate(value, _) => column(value),
        _ => None,
    }
}

/// The columns that are not NULL if the condition holds.
fn not_null(value: &Expr<'_>) -> Vec<String> {
    match bare(value) {
        Expr::Binary(left, Operator::And, right) => [not_null(left), not_null(right)].concat(),
        Expr::Binary(left, Operator::IsNot, right) if matches!(bare(right), Expr::Literal(Literal::Null)) => {
            column(left).into_iter().collect()
        }
        Expr::NotNull(value) => column(value).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether the condition holds for every row. On SQLite a number other than 0 is true.
fn is_always_true(value: &Expr<'_>) -> bool {
    match bare(value) {
        Expr::Binary(left, Operator::And, right) => is_always_true(left) && is_always_true(right),
        Expr::Binary(left, Operator::Or, right) => is_always_true(left) || is_always_true(right),
        Expr::Binary(left, Operator::Equals | Operator::Is, right) => {
            let (left, right) = (literal(left), literal(right));
            left.is_some() && left == right && left != Some(&Literal::Null)
        }
        Expr::Literal(Literal::Numeric(number)) => number.parse::<f64>().is_ok_and(|number| number != 0.0),
        value => truth(value) == Some(true),
    }
}

/// The value of TRUE or FALSE. The grammar has no keywords for them and makes them columns.
fn truth(value: &Expr<'_>) -> Option<bool> {
    let Expr::Id(id) = bare(value) else { return None };
    match id.0.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The expression without the parentheses around it.
pub(super) fn bare<'e, 'b>(mut value: &'e Expr<'b>) -> &'e Expr<'b> {
    while let Expr::Parenthesized(values) = value
        && let [only] = values.as_slice()
    {
        value = only;
    }
    value
}

/// The literal inside casts, signs and parentheses.
fn literal<'e, 'b>(value: &'e Expr<'b>) -> Option<&'e Literal<'b>> {
    match bare(value) {
        Expr::Literal(Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp) => None,
        Expr::Literal(literal) => Some(literal),
        Expr::Cast { expr, .. } | Expr::Unary(UnaryOperator::Negative | UnaryOperator::Positive, expr) => {
            literal(expr)
        }
        _ => None,
    }
}
