//! The strings of a statement whose type the server takes from where they are.
//!
//! In `s = 'a' AND b::text IN ('b', 'c') AND d = 'e'::text` only `'a'` is one: it becomes what `s` is. The others are
//! text, so they are never looked up as the value of an enum.

use squawk_parser::SyntaxKind::*;

use super::expression::bare;
use super::name::last;
use super::tree::Node;
use super::types::type_in;
use crate::sql::FreeLiteral;

/// The literal at a node, unless it is text.
pub(super) fn free_literal(literal: Node<'_>, text: &str) -> Option<FreeLiteral> {
    let free = |beside: Option<String>| Some(FreeLiteral { text: text.to_owned(), beside });
    let mut at = literal;
    loop {
        let around = at.parent();
        match around.kind() {
            PAREN_EXPR | TUPLE_EXPR | ARRAY_EXPR | ANY_FN | ALL_FN | SOME_FN => {}
            CALL_EXPR if matches!(at.kind(), ANY_FN | ALL_FN | SOME_FN) => {}
            CAST_EXPR if is_text(around) => return free(None).filter(|_| is_cast_again(around)),
            BIN_EXPR | BETWEEN_EXPR => {
                let other = operand_besides(around, at).map(bare);
                return match other {
                    Some(other) if is_text(other) => None,
                    Some(other) if matches!(other.kind(), NAME_REF | FIELD_EXPR) => free(last(other)),
                    _ => free(None),
                };
            }
            SET_EXPR => {
                let column = around.parent().child(COLUMN_TARGET).and_then(last);
                return free(column.filter(|_| around.parent().kind() == SET_SINGLE_COLUMN));
            }
            _ => return free(None),
        }
        at = around;
    }
}

/// Another operand of an operation. Of `a::text BETWEEN …` the parser has it before the operation.
fn operand_besides<'t>(operation: Node<'t>, one: Node<'_>) -> Option<Node<'t>> {
    let starts_late = operation.children().next().is_some_and(|first| first.kind() == BETWEEN_KW);
    if starts_late {
        return operation.parent().nodes().take_while(|node| !node.is(operation)).last();
    }
    operation.nodes().find(|operand| !operand.is(one) && is_operand(*operand))
}

/// Whether a node of an operation is an operand and not its operator.
fn is_operand(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        NAME_REF | FIELD_EXPR | CAST_EXPR | PAREN_EXPR | LITERAL | CALL_EXPR | TUPLE_EXPR | ARRAY_EXPR
    )
}

/// Whether a node is a cast to a type of characters.
fn is_text(node: Node<'_>) -> bool {
    let to = type_in(node).filter(|_| node.kind() == CAST_EXPR);
    to.is_some_and(|to| {
        ["text", "varchar", "bpchar", "name"].iter().any(|known| to.name.is_builtin(known))
            && to.dimensions == 0
    })
}

/// Whether something around a value casts it to another type, which may be an enum.
fn is_cast_again(node: Node<'_>) -> bool {
    let mut at = node;
    while !at.parent().is(at) {
        at = at.parent();
        if at.kind() == CAST_EXPR && !is_text(at) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::testing::statement;

    #[test]
    fn text_is_not_free() {
        let cases: [(&str, &[&str]); 15] = [
            ("SELECT 1 FROM t WHERE s = 'a'", &["s 'a'"]),
            ("SELECT 1 FROM t WHERE s IN ('a', 'b') AND 'c' <> (t.s)", &["s 'a'", "s 'b'", "s 'c'"]),
            (
                "SELECT 1 FROM t WHERE s = ANY (ARRAY['a']) AND s BETWEEN 'b' AND 'c'",
                &["s 'a'", "s 'b'", "s 'c'"],
            ),
            (
                "SELECT 1 FROM t WHERE s::text IN ('a', 'b') AND (s)::varchar = 'c' AND 'd' = cast(s AS text)",
                &[],
            ),
            ("SELECT 1 FROM t WHERE s::text = ANY (ARRAY['a', 'b'::text]) AND s::text NOT IN ('c')", &[]),
            ("SELECT 1 FROM t WHERE s::text BETWEEN 'a' AND 'b'", &[]),
            ("SELECT 'a'::text, ('b')::varchar(9)", &[]),
            ("SELECT 'a'::mood, 'b'::text::mood", &[" 'a'", " 'b'"]),
            ("SELECT (CASE WHEN x THEN 'a'::text END)::mood", &[" 'a'"]),
            ("SELECT 1 FROM t WHERE s::mood = 'a'", &[" 'a'"]),
            ("UPDATE t SET s = 'a', b = ('b')", &["s 'a'", "b 'b'"]),
            ("UPDATE t SET (s, b) = ('a', 'b')", &[" 'a'", " 'b'"]),
            ("INSERT INTO t VALUES ('a')", &[" 'a'"]),
            ("SELECT f('a'), coalesce(s, 'b')", &[" 'a'", " 'b'"]),
            ("ALTER TABLE t ADD CHECK (s::text IN ('a'))", &[]),
        ];
        for (sql, want) in cases {
            let literals = statement(sql).free_literals;
            let found: Vec<String> = literals
                .iter()
                .map(|literal| {
                    format!("{} '{}'", literal.beside.as_deref().unwrap_or_default(), literal.text)
                })
                .collect();
            assert_eq!(found, want, "{sql}");
        }
    }
}
