//! Text from outside, as a terminal or a log may show it.
//!
//! Others write the names of files, the rows of a history, the messages of a server and the query of a blocker. If
//! these are printed as they are, an escape sequence in one of them moves the cursor, hides a line or fakes one. So a
//! character that is not printable is shown as its picture: `"a\u{1b}[2Jb"` becomes `a␛[2Jb`, one character for one,
//! so that a caret under a line still points to its column.

use std::fmt::{self, Write};

/// The character itself, or what is shown instead if it must not reach a terminal: the picture of a control
/// character, and `�` for characters without one, which are the C1 controls and the marks that reorder or break a
/// line (Unicode, UAX 9 and UAX 14).
pub fn visible(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

/// A name or a query, shown on one line, whatever it holds.
#[derive(Clone, Copy, Debug)]
pub struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().map(visible).try_for_each(|c| f.write_char(c))
    }
}

/// A message of others, or one of ours that quotes others: its lines stay lines, and its tabs stay tabs.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a>(pub &'a str);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |c| if matches!(c, '\n' | '\t') { c } else { visible(c) };
        self.0.chars().map(shown).try_for_each(|c| f.write_char(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_is_shown_as_it_is() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let shown = visible(c);
            assert!(!shown.is_control(), "{c:?}");
            assert_eq!(visible(shown), shown, "{c:?}");
        }
    }

    #[test]
    fn text_stays_and_columns_stay() {
        let cases = [
            ("orders", "orders", "orders"),
            ("ça va, 日本, 👍🏽", "ça va, 日本, 👍🏽", "ça va, 日本, 👍🏽"),
            ("a\u{1b}[31mb\u{7}", "a␛[31mb␇", "a␛[31mb␇"),
            ("a\r\n\tb", "a␍␊␉b", "a␍\n\tb"),
            ("\u{9b}2J\u{7f}", "�2J␡", "�2J␡"),
            ("user\u{202e}gpj.sql", "user�gpj.sql", "user�gpj.sql"),
        ];
        for (text, one_line, lines) in cases {
            assert_eq!(OneLine(text).to_string(), one_line);
            assert_eq!(Lines(text).to_string(), lines);
        }
    }
}
