//! Names as the catalog has them (PostgreSQL manual, 4.1.1): `Public."T"` is the schema `public` and the name `T`.
//! They are not cut to 63 bytes here, so that a rule can report a name that is too long.

use squawk_parser::SyntaxKind;

use super::tree::Node;
use crate::sql::{Identifier, Name};

/// The name in a node, with its schema. The name of a database before the schema is left out.
pub(super) fn name(node: Node<'_>) -> Option<Name> {
    let mut parts = parts(node);
    let name = parts.pop()?;
    Some(Name { schema: parts.pop(), name })
}

/// The last part of a name, with its place.
pub(super) fn identifier(node: Node<'_>) -> Option<Identifier> {
    Some(Identifier { name: last(node)?, span: node.span() })
}

/// The last part of a name.
pub(super) fn last(node: Node<'_>) -> Option<String> {
    parts(node).pop()
}

/// The names of all children of a kind.
pub(super) fn names(node: Node<'_>, kind: SyntaxKind) -> Vec<Name> {
    node.each(kind).filter_map(name).collect()
}

/// The last parts of all names of a kind in it.
pub(super) fn list(node: Node<'_>, kind: SyntaxKind) -> Vec<String> {
    node.descendants().filter(|inner| inner.kind() == kind).filter_map(last).collect()
}

/// The parts of a qualified name, with UESCAPE applied.
fn parts(node: Node<'_>) -> Vec<String> {
    use SyntaxKind::{COMMA, DOT, L_PAREN, ONLY_KW, R_PAREN, STAR, STRING, UESCAPE_KW};
    let mut parts = Vec::new();
    let mut tokens = node.tokens().peekable();
    while let Some(token) = tokens.next() {
        match token.kind() {
            DOT | ONLY_KW | STAR | L_PAREN | R_PAREN | COMMA | UESCAPE_KW | STRING => {}
            _ => {
                let escape = tokens.next_if(|next| next.kind() == UESCAPE_KW).and_then(|_| tokens.next());
                let escape = escape.and_then(|string| string.text().chars().nth(1)).unwrap_or('\\');
                parts.push(fold(token.text(), escape));
            }
        }
    }
    parts
}

/// An identifier without its quotes, in lower case if it had none.
fn fold(text: &str, escape: char) -> String {
    let unicode = text.strip_prefix(['u', 'U']).and_then(|rest| rest.strip_prefix('&'));
    let quoted = unicode.unwrap_or(text).strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (quoted, unicode) {
        (None, _) => text.to_ascii_lowercase(),
        (Some(quoted), None) => quoted.replace("\"\"", "\""),
        (Some(quoted), Some(_)) => unescape(&quoted.replace("\"\"", "\""), escape),
    }
}

/// Replaces `\0061` and `\+000061` by the character with that number, and a doubled escape by one.
fn unescape(text: &str, escape: char) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(escape) {
        plain.push_str(before);
        let digits = if after.starts_with('+') { 1..7 } else { 0..4 };
        let code = after.get(digits.clone()).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code.and_then(char::from_u32) {
            Some(character) => {
                plain.push(character);
                rest = &after[digits.end..];
            }
            None => {
                plain.push(escape);
                rest = after.strip_prefix(escape).unwrap_or(after);
            }
        }
    }
    plain + rest
}

/// The content of a string, if the node is one. Strings that continue in the next line are joined.
pub(super) fn string(node: Node<'_>) -> Option<String> {
    let tokens: Vec<Node<'_>> = if node.is_token() { vec![node] } else { node.tokens().collect() };
    let parts: Option<Vec<String>> = tokens.iter().map(|token| content(token.text())).collect();
    parts.map(|parts| parts.concat())
}

/// The content of a literal with quotes.
pub(super) fn content(literal: &str) -> Option<String> {
    let (_, inside) = inside(literal)?;
    Some(if literal.starts_with('$') { inside.to_owned() } else { inside.replace("''", "'") })
}

/// The text between the quotes of a literal as it is written, with its offset in the literal.
pub(super) fn inside(literal: &str) -> Option<(usize, &str)> {
    // Most tokens are not literals, and the last byte is the cheapest way to see it.
    if !matches!(literal.as_bytes().last(), Some(b'\'' | b'$')) {
        return None;
    }
    if let Some(rest) = literal.strip_prefix('$') {
        let tag = &literal[..rest.find('$')? + 2];
        return Some((tag.len(), literal.strip_prefix(tag)?.strip_suffix(tag)?));
    }
    let quoted = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '&');
    let start = literal.len() - quoted.len() + 1;
    Some((start, quoted.strip_prefix('\'')?.strip_suffix('\'')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_as_the_server_does() {
        let cases = [
            ("Users", '\\', "users"),
            ("ÄB", '\\', "Äb"), // other letters than ASCII stay as they are
            (r#""Users""#, '\\', "Users"),
            (r#""a""b""#, '\\', "a\"b"),
            (r#"U&"d\0061t\+000061""#, '\\', "data"),
            (r#"u&"d!0061t!!a\""#, '!', "dat!a\\"),
        ];
        for (text, escape, want) in cases {
            assert_eq!(fold(text, escape), want, "{text}");
        }
    }

    #[test]
    fn strings_lose_their_quotes() {
        let cases = [
            ("'it''s'", Some("it's")),
            ("$$a$b$$", Some("a$b")),
            ("$x$ $$ $x$", Some(" $$ ")),
            ("E'a'", Some("a")),
            ("5", None),
        ];
        for (literal, want) in cases {
            assert_eq!(content(literal).as_deref(), want, "{literal}");
        }
    }
}
