//! The last filter before a text is printed: only text and our own colours reach a terminal.
//!
//! `migrate_core::OneLine` makes control characters visible in most texts that others wrote. This filter catches the rest,
//! such as a name from the catalog or a message of a library: a terminal would obey an escape sequence in it.

use std::fmt::{self, Write};

use migrate_core::visible;

/// The parameters of `ESC [ … m` that the styles of `super::style` use.
const COLOURS: [&str; 8] = ["0", "1", "2", "31", "32", "33", "34", "36"];

/// The text with its line breaks, tabs and our colours. Any other control character is made visible.
pub(super) fn safe(text: impl fmt::Display) -> String {
    let text = text.to_string();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let taken = match colour(rest) {
            Some(colour) => {
                out += colour;
                colour.len()
            }
            None => {
                out.push(if matches!(c, '\n' | '\t') { c } else { visible(c) });
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

/// The escape sequence of a colour at the start of the text.
fn colour(text: &str) -> Option<&str> {
    let (number, _) = text.strip_prefix("\u{1b}[")?.split_once('m')?;
    COLOURS.contains(&number).then(|| &text[..number.len() + "\u{1b}[m".len()])
}

/// A JSON document with its control characters written as `\u`. They only occur in strings, so the document means the same.
pub(super) fn safe_json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if c == '\n' || visible(c) == c {
            out.push(c);
        } else {
            write!(out, "\\u{:04x}", u32::from(c)).expect("a string can be written to");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::style::{ERROR, FAINT, GOOD, HELP, PLACE, STRONG, WARNING, styled};
    use super::*;

    #[test]
    fn our_colours_stay() {
        for style in [ERROR, FAINT, GOOD, HELP, PLACE, STRONG, WARNING] {
            let text = styled(style, "a\n\tb");
            assert_eq!(safe(&text), text);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        let cases = [
            ("\u{1b}[2J", "␛[2J"),
            ("\u{1b}[8mhidden", "␛[8mhidden"),
            ("\u{1b}[31;8m", "␛[31;8m"),
            ("\u{1b}]0;title\u{7}", "␛]0;title␇"),
            ("\u{9b}2J", "�2J"),
            ("done\rnot", "done␍not"),
            ("\u{1b}", "␛"),
            ("\u{1b}[3", "␛[3"),
        ];
        for (text, shown) in cases {
            assert_eq!(safe(text), shown, "{text:?}");
        }
    }

    #[test]
    fn json_says_the_same() {
        let name = "a\u{9b}2J\u{7f}\u{202e}\u{1b}[2J é\n";
        let document = serde_json::json!({ "name": name });
        let text = safe_json(&format!("{document:#}"));
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), document);
    }
}
