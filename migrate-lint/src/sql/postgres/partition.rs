//! The bounds of a partition and the condition of a CHECK, in the one form in which they can be compared: a column and
//! literals.
//!
//! `PARTITION BY RANGE (at)` and `FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')` become the range of `at` between two
//! literals. `at IS NOT NULL AND at >= '2026-01-01' AND (at < '2027-01-01' OR kind = 1)` becomes two alternatives of
//! which one of each must hold: `[at >= …]` and `[at < …, kind = …]`. What has another form is left out.
//!
//! They are parsed where a partition is attached, and kept as text until then, because that is rare.

use squawk_parser::EntryPoint;
use squawk_parser::SyntaxKind::*;

use super::expression::{bare, column, operands};
use super::name::string;
use super::tree::{Node, Tree};
use super::types::type_in;
use crate::sql::{Comparison, Datum, Operator, PartitionValues};

/// The values of a partition with one column as its key. `None` if the key or a bound has another form.
pub(crate) fn partition_values(partition_by: &str, bound: &str) -> Option<(String, PartitionValues)> {
    let key = format!("CREATE TABLE t () {partition_by}");
    let key = Tree::parse(&key, 0, EntryPoint::SourceFile);
    let key = key.root().find(PARTITION_BY)?;
    let mut items = key.child(PARTITION_ITEM_LIST)?.each(PARTITION_ITEM);
    let item = items.next().filter(|_| items.next().is_none())?;
    let mut parts = item.nodes();
    let column = column(parts.next().filter(|_| parts.next().is_none()))?;

    let bound = format!("CREATE TABLE t PARTITION OF p {bound}");
    let bound = Tree::parse(&bound, 0, EntryPoint::SourceFile);
    if let Some(range) = bound.root().find(PARTITION_FOR_VALUES_FROM) {
        let end = |kind, open| {
            let mut values = range.child(kind)?.nodes();
            let value = values.next().filter(|_| values.next().is_none())?;
            if value.has(open) { Some(None) } else { literal(value).map(Some) }
        };
        let from = end(PARTITION_FROM_VALUES, MINVALUE_KW)?;
        let to = end(PARTITION_TO_VALUES, MAXVALUE_KW)?;
        return Some((column, PartitionValues::Range { from, to }));
    }
    let list = bound.root().find(PARTITION_FOR_VALUES_IN)?;
    let list = list.child(PARTITION_LIST).unwrap_or(list);
    let values: Option<Vec<Datum>> = list.nodes().map(literal).collect();
    Some((column, PartitionValues::List(values?)))
}

/// A condition as alternatives: of each list, one comparison holds. An alternative with a part of another form is `None`.
pub(crate) fn alternatives(condition: &str) -> Vec<Option<Vec<Comparison>>> {
    let query = format!("SELECT 1 WHERE {condition}");
    let tree = Tree::parse(&query, 0, EntryPoint::SourceFile);
    let condition = tree.root().find(WHERE_CLAUSE).and_then(|clause| clause.nodes().next());
    let Some(condition) = condition.filter(|_| tree.errors.is_empty()) else { return vec![None] };
    let mut found = Vec::new();
    for part in operands(condition, AND_KW) {
        if let Some((column, low, high)) = between(part) {
            let comparison =
                |operator, value| Comparison { column: column.clone(), operator, values: vec![value] };
            found.push(Some(vec![comparison(Operator::AtLeast, low)]));
            found.push(Some(vec![comparison(Operator::AtMost, high)]));
            continue;
        }
        found.push(operands(part, OR_KW).into_iter().map(comparison).collect());
    }
    found
}

/// `column BETWEEN low AND high`.
fn between(node: Node<'_>) -> Option<(String, Datum, Datum)> {
    let is_plain = node.kind() == BETWEEN_EXPR && !node.has(NOT_KW) && !node.has(SYMMETRIC_KW);
    let mut parts = node.nodes().filter(|_| is_plain);
    let column = column(parts.next().map(bare))?;
    Some((column, literal(parts.next()?)?, literal(parts.next()?)?))
}

fn comparison(node: Node<'_>) -> Option<Comparison> {
    if node.kind() != BIN_EXPR {
        return None;
    }
    if node.has(IS_NOT) || node.has(IS_KW) {
        let is_null = node.nodes().last().is_some_and(|right| right.has(NULL_KW));
        let column = column(node.nodes().next().map(bare))?;
        let operator = if node.has(IS_NOT) { Operator::IsNotNull } else { Operator::IsNull };
        return is_null.then_some(Comparison { column, operator, values: Vec::new() });
    }
    let mut parts = node.nodes();
    let (left, right) = (bare(parts.next()?), parts.next()?);
    if node.has(IN_KW) {
        let values: Option<Vec<Datum>> = right.nodes().map(literal).collect();
        return Some(Comparison { column: column(Some(left))?, operator: Operator::In, values: values? });
    }
    let operator = operator(node)?;
    match (column(Some(left)), literal(bare(right))) {
        (Some(column), Some(value)) => Some(Comparison { column, operator, values: vec![value] }),
        _ => {
            let (column, value) = (column(Some(bare(right)))?, literal(left)?);
            Some(Comparison { column, operator: operator.turned(), values: vec![value] })
        }
    }
}

fn operator(node: Node<'_>) -> Option<Operator> {
    let known = [
        (EQ, Operator::In),
        (L_ANGLE, Operator::Below),
        (LTEQ, Operator::AtMost),
        (R_ANGLE, Operator::Above),
        (GTEQ, Operator::AtLeast),
    ];
    known.into_iter().find(|(kind, _)| node.has(*kind)).map(|(_, operator)| operator)
}

/// A string or number, with or without a cast or a sign.
fn literal(node: Node<'_>) -> Option<Datum> {
    match node.kind() {
        LITERAL if node.has(NULL_KW) || node.has(POSITIONAL_PARAM) => None,
        LITERAL => Some(Datum { text: string(node).unwrap_or_else(|| node.text().to_owned()), cast: None }),
        PREFIX_EXPR if node.has(MINUS) => {
            let number = literal(node.nodes().next()?).filter(|number| number.cast.is_none())?;
            Some(Datum { text: format!("-{}", number.text), cast: None })
        }
        PAREN_EXPR => literal(node.nodes().next()?),
        CAST_EXPR => {
            let value = literal(node.nodes().next()?).filter(|value| value.cast.is_none())?;
            Some(Datum { cast: Some(type_in(node)?), ..value })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(condition: &str) -> Vec<String> {
        let part = |one: &Comparison| {
            let values: Vec<&str> = one.values.iter().map(|value| value.text.as_str()).collect();
            format!("{} {:?} {}", one.column, one.operator, values.join(" "))
        };
        let list = |list: &Option<Vec<Comparison>>| {
            list.as_ref().map_or("?".to_owned(), |list| list.iter().map(part).collect::<Vec<_>>().join(" | "))
        };
        let mut found: Vec<String> = alternatives(condition).iter().map(list).collect();
        found.sort();
        found
    }

    #[test]
    fn conditions() {
        assert_eq!(
            shown("a IS NOT NULL AND (a) >= '1' AND 9 > a AND b IN ('x', 'y')"),
            ["a AtLeast 1", "a Below 9", "a IsNotNull ", "b In x y"]
        );
        assert_eq!(shown("a BETWEEN -1 AND '2'::int"), ["a AtLeast -1", "a AtMost 2"]);
        assert_eq!(shown("a = 1 AND lower(b) = 'x'"), ["?", "a In 1"]);
        assert_eq!(shown("NOT a > 1"), ["?"]);
        assert_eq!(shown("a NOT IN (1) AND a NOT BETWEEN 1 AND 2 AND a <> 3"), ["?", "?", "?"]);
        assert_eq!(shown("a < 1 OR (a > 5 AND b = 1)"), ["?"]);
        assert_eq!(shown("a < b AND a < NULL AND a < $1"), ["?", "?", "?"]);
    }

    #[test]
    fn bounds() {
        let values = |by: &str, bound: &str| partition_values(by, bound);
        let datum = |text: &str| Datum { text: text.to_owned(), cast: None };
        assert_eq!(
            values("PARTITION BY RANGE (At)", "FOR VALUES FROM (MINVALUE) TO (-5)"),
            Some(("at".to_owned(), PartitionValues::Range { from: None, to: Some(datum("-5")) }))
        );
        assert_eq!(
            values("PARTITION BY LIST (k)", "FOR VALUES IN ('a', 'b')"),
            Some(("k".to_owned(), PartitionValues::List(vec![datum("a"), datum("b")])))
        );
        for (by, bound) in [
            ("PARTITION BY RANGE (a, b)", "FOR VALUES FROM (1, 2) TO (2, 3)"),
            ("PARTITION BY RANGE (lower(a))", "FOR VALUES FROM (1) TO (2)"),
            ("PARTITION BY RANGE (a text_ops)", "FOR VALUES FROM (1) TO (2)"),
            ("PARTITION BY LIST (a)", "FOR VALUES IN (1, NULL)"),
            ("PARTITION BY HASH (a)", "FOR VALUES WITH (MODULUS 2, REMAINDER 0)"),
        ] {
            assert_eq!(values(by, bound), None, "{by} {bound}");
        }
    }
}
