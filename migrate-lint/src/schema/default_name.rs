//! The names that PostgreSQL gives to constraints, indexes and sequences if a statement gives none.
//!
//! `CREATE TABLE orders (customer bigint REFERENCES customers)` makes the constraint `orders_customer_fkey`: the
//! table, the columns and a label, joined by `_`. If that is longer than 63 bytes, the longer part is cut until all
//! fit, and if the name is taken, a number follows (`makeObjectName`, `ChooseRelationName` and
//! `ChooseConstraintName` in the server's source).
//!
//! Why go to that length? A later migration says `DROP CONSTRAINT orders_customer_fkey`, and only this name shows
//! that it is a foreign key. `tests/tests/schema.rs` compares the names with a real server's.

use migrate_core::Engine;
use migrate_core::token::{TokenKind, tokens};

use crate::sql::IndexKey;

/// The bytes of a name that PostgreSQL chooses (manual, 4.1.1).
const MAX_NAME_BYTES: usize = 63;

/// The name as the engine stores it: PostgreSQL cuts a long one, SQLite keeps every name.
pub(super) fn kept(name: &str, engine: Engine) -> String {
    engine.name_limit().map_or(name, |limit| cut(name, limit)).to_owned()
}

/// The first name made of these parts that is not `taken`.
pub(super) fn choose(table: &str, middle: Option<&str>, label: &str, taken: impl Fn(&str) -> bool) -> String {
    let first = joined(table, middle, label);
    if !taken(&first) {
        return first;
    }
    (1..)
        .map(|number: u32| joined(table, middle, &format!("{label}{number}")))
        .find(|name| !taken(name))
        .expect("there are more numbers than names")
}

/// The parts joined by `_`. As in `makeObjectName`, the longer of table and middle loses a byte at a time until all
/// fit.
fn joined(table: &str, middle: Option<&str>, label: &str) -> String {
    let Some(middle) = middle else {
        return format!("{}_{label}", cut(table, MAX_NAME_BYTES - label.len() - 1));
    };
    let room = MAX_NAME_BYTES - label.len() - 2;
    let (mut left, mut right) = (table.len(), middle.len());
    while left + right > room {
        if left > right { left -= 1 } else { right -= 1 }
    }
    format!("{}_{}_{label}", cut(table, left), cut(middle, right))
}

/// The middle part of a name, made of columns: `a_b` for an index on (a, b).
pub(super) fn middle<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut middle = String::new();
    for column in columns {
        if !middle.is_empty() {
            middle.push('_');
        }
        middle.push_str(column);
        if middle.len() > MAX_NAME_BYTES {
            break;
        }
    }
    middle
}

/// The names of the columns of an index. An expression is named as the server would name it, and equal names get a
/// number: an index on (a, lower(a), lower(b)) has the columns `a`, `lower` and `lower1`.
pub(super) fn index_columns(keys: &[IndexKey], include: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let of_keys = keys.iter().map(|key| match &key.column {
        Some(column) => column.clone(),
        None => appearance(&key.value.text).unwrap_or_else(|| "expr".to_owned()),
    });
    for name in of_keys.chain(include.iter().cloned()) {
        let numbered = (1..).map(|number: u32| {
            let digits = number.to_string();
            format!("{}{digits}", cut(&name, MAX_NAME_BYTES - digits.len()))
        });
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name));
        names.extend(free);
    }
    names
}

/// The name that an expression would have as the column of a query: the function, the column, or the type of a cast. The
/// server uses the same rule for index names (`FigureIndexColname` in its source).
fn appearance(value: &str) -> Option<String> {
    let tokens: Vec<&str> = tokens(value, Engine::Postgres)
        .filter(|token| !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment))
        .map(|token| &value[token.range])
        .collect();
    appearance_of(&tokens).map(|name| name.trim_matches('"').to_owned())
}

/// The same for tokens. `None` for an operator or a literal, which the server calls `expr` in an index name.
fn appearance_of(tokens: &[&str]) -> Option<String> {
    let (&first, rest) = tokens.split_first()?;
    if first == "(" && closing(tokens) == Some(tokens.len() - 1) {
        return appearance_of(&tokens[1..tokens.len() - 1]);
    }
    if first.eq_ignore_ascii_case("case")
        && tokens.last().is_some_and(|last| last.eq_ignore_ascii_case("end"))
    {
        return last_else(tokens).and_then(appearance_of).or_else(|| Some("case".to_owned()));
    }
    if let Some(cast) = last_cast(tokens) {
        return appearance_of(&tokens[..cast]).or_else(|| tokens.get(cast + 2).map(|name| folded(name)));
    }
    if !first.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '"') {
        return None;
    }
    match rest {
        [] => Some(folded(first)),
        [".", rest @ ..] => appearance_of(rest),
        ["(", ..] if closing(rest) == Some(rest.len() - 1) => Some(folded(first)),
        _ => None,
    }
}

/// The position of the parenthesis that closes the first token.
fn closing(tokens: &[&str]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match *token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// The position of the last `::` outside of parentheses, if there is no other operator.
fn last_cast(tokens: &[&str]) -> Option<usize> {
    let (mut depth, mut cast) = (0_usize, None);
    for (i, token) in tokens.iter().enumerate() {
        match *token {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            ":" if depth == 0 && tokens.get(i + 1) == Some(&":") => cast = Some(i),
            ":" | "." => {}
            symbol if depth == 0 && symbol.chars().all(|c| c.is_ascii_punctuation() && c != '_') => {
                return None;
            }
            _ => {}
        }
    }
    cast
}

/// The tokens after the ELSE of the outermost CASE, up to its END.
fn last_else<'a, 'b>(tokens: &'a [&'b str]) -> Option<&'a [&'b str]> {
    let (mut depth, mut last) = (0_usize, None);
    for (i, token) in tokens.iter().enumerate() {
        match token.to_ascii_lowercase().as_str() {
            "case" | "(" => depth += 1,
            "end" | ")" => depth = depth.saturating_sub(1),
            "else" if depth == 1 => last = Some(&tokens[i + 1..tokens.len() - 1]),
            _ => {}
        }
    }
    last
}

fn folded(identifier: &str) -> String {
    if identifier.starts_with('"') { identifier.to_owned() } else { identifier.to_ascii_lowercase() }
}

/// The first `bytes` of `name` at most, without cutting a character in two.
fn cut(name: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Expression;

    #[test]
    fn parts_are_joined_and_cut_and_numbered() {
        let long = "a".repeat(60);
        let cases = [
            (("t", None, "pkey"), "t_pkey".to_owned()),
            (("t", Some("c"), "check"), "t_c_check".to_owned()),
            ((&long, None, "pkey"), format!("{}_pkey", "a".repeat(58))),
            // Of two parts the longer gives, and of two of one length the second.
            ((&long, Some("b"), "fkey"), format!("{}_b_fkey", "a".repeat(56))),
            ((&long, Some(&*long), "idx"), format!("{}_{}_idx", "a".repeat(29), "a".repeat(29))),
            ((&"é".repeat(31), None, "pkey"), format!("{}_pkey", "é".repeat(29))),
        ];
        for ((table, column, label), want) in cases {
            assert_eq!(choose(table, column, label, |_| false), want);
        }
        let taken = ["t_c_key", "t_c_key1"];
        assert_eq!(choose("t", Some("c"), "key", |name| taken.contains(&name)), "t_c_key2");
    }

    #[test]
    fn an_index_is_named_by_what_its_keys_look_like() {
        let cases = [
            ("lower(email)", "lower"),
            ("pg_catalog.LOWER (a)", "lower"),
            ("(coalesce(a, 0))", "coalesce"),
            ("(a || b)", "expr"),
            ("((data ->> 'x')::text)", "text"),
            ("(lower(a)::text)", "lower"),
            ("(data ->> 'x')", "expr"),
            ("f(a) + g(b)", "expr"),
            ("\"Up\"(a)", "Up"),
            ("CASE WHEN a THEN b END", "case"),
            ("case when a then b else c end", "c"),
            ("CASE WHEN a THEN 1 ELSE CASE WHEN b THEN 1 ELSE c END END", "c"),
            ("", "expr"),
        ];
        for (text, want) in cases {
            let key = IndexKey {
                column: None,
                value: Expression { text: text.to_owned(), ..Expression::default() },
            };
            assert_eq!(
                index_columns(&[key.clone(), key], &[]),
                [want.to_owned(), format!("{want}1")],
                "{text}"
            );
        }
    }
}
