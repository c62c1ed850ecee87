//! Characters that no reader can see, or takes for others, by code point and name.
//!
//! An editor, a web page or a chat puts them into a script: `CREATE TABLE` with a no-break space is one word to both
//! engines. In comes a text, out comes the first of them, such as "U+00A0 (no-break space)", and what to write instead.

use std::fmt;

/// A character that cannot be seen, or that looks like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    character: char,
    name: &'static str,
    instead: Instead,
}

/// What belongs in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instead {
    Space,
    Line,
    Nothing,
    Quote,
    DoubleQuote,
    Character(char),
}

impl Unseen {
    /// The first one in a text, and the byte where it is.
    pub fn first(text: &str) -> Option<(usize, Unseen)> {
        text.char_indices().find_map(|(at, c)| Some((at, Unseen::of(c)?)))
    }

    /// The first one in a text that leaves no mark at all.
    pub(crate) fn first_invisible(text: &str) -> Option<Unseen> {
        let is_invisible =
            |found: &Unseen| matches!(found.instead, Instead::Space | Instead::Line | Instead::Nothing);
        text.chars().filter_map(Unseen::of).find(is_invisible)
    }

    /// The character, if it is one.
    pub fn of(character: char) -> Option<Unseen> {
        use Instead::{Character, DoubleQuote, Line, Nothing, Quote, Space};
        let (name, instead) = match character {
            '\t' | '\n' | '\x0b' | '\x0c' | '\r' => return None,
            '\u{1a}' => ("end of file, Ctrl-Z", Nothing),
            '\0'..='\x1f' | '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' => ("control character", Nothing),
            '\u{85}' => ("next line", Line),
            '\u{a0}' => ("no-break space", Space),
            '\u{ad}' => ("soft hyphen", Nothing),
            '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => ("space of another width", Space),
            '\u{180e}' | '\u{200b}' => ("zero width space", Nothing),
            '\u{200c}' => ("zero width non-joiner", Nothing),
            '\u{200d}' => ("zero width joiner", Nothing),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                ("mark for the direction of text", Nothing)
            }
            '\u{2028}' => ("line separator", Line),
            '\u{2029}' => ("paragraph separator", Line),
            '\u{202f}' => ("narrow no-break space", Space),
            '\u{2060}' => ("word joiner", Nothing),
            '\u{3000}' => ("ideographic space", Space),
            '\u{fe00}'..='\u{fe0f}' => ("variation selector", Nothing),
            '\u{feff}' => ("byte order mark", Nothing),
            '‘' | '’' | '‚' | '‛' | '′' => ("typographic quote", Quote),
            '“' | '”' | '„' | '‟' | '″' => ("typographic quote", DoubleQuote),
            '‐' | '‑' | '‒' | '–' | '—' | '−' => ("typographic hyphen or dash", Character('-')),
            '！'..='～' => ("full-width character", Character(ascii(character))),
            _ => return None,
        };
        Some(Unseen { character, name, instead })
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        match self.instead {
            Instead::Space => "write a space instead of it".to_owned(),
            Instead::Line => "write a new line instead of it".to_owned(),
            Instead::Nothing => "remove it".to_owned(),
            Instead::Quote => "write `'` instead of it".to_owned(),
            Instead::DoubleQuote => "write `'` instead of it, or `\"` around a name".to_owned(),
            Instead::Character(character) => format!("write `{character}` instead of it"),
        }
    }
}

/// The ASCII character of which this is the full-width form (Unicode, Halfwidth and Fullwidth Forms).
fn ascii(full_width: char) -> char {
    char::from_u32(u32::from(full_width) - 0xfee0).unwrap_or(full_width)
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X} ({})", u32::from(self.character), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_named_with_what_belongs_there() {
        for (text, at, name, advice) in [
            ("a\u{a0}b", 1, "U+00A0 (no-break space)", "write a space instead of it"),
            ("é\u{200b}", 2, "U+200B (zero width space)", "remove it"),
            ("\u{feff}a", 0, "U+FEFF (byte order mark)", "remove it"),
            ("a\u{1a}", 1, "U+001A (end of file, Ctrl-Z)", "remove it"),
            ("a\u{2028}b", 1, "U+2028 (line separator)", "write a new line instead of it"),
            ("’x’", 0, "U+2019 (typographic quote)", "write `'` instead of it"),
            ("“x”", 0, "U+201C (typographic quote)", "write `'` instead of it, or `\"` around a name"),
            ("1 – 2", 2, "U+2013 (typographic hyphen or dash)", "write `-` instead of it"),
            ("a；", 1, "U+FF1B (full-width character)", "write `;` instead of it"),
        ] {
            let (found, unseen) = Unseen::first(text).expect(name);
            assert_eq!((found, &unseen.to_string()[..], &unseen.advice()[..]), (at, name, advice));
        }
        assert_eq!(Unseen::first("\t a\r\n_é漢$1'\"-–".trim_end_matches('–')), None);
        assert_eq!(Unseen::first_invisible("’–；"), None);
    }

    /// What can be seen is not reported, and what Unicode calls white space, a control or a format is.
    #[test]
    fn whatever_is_white_space_or_a_control_is_known() {
        let plain = ['\t', '\n', '\x0b', '\x0c', '\r', ' '];
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| !plain.contains(c)) {
            let is_blank = c.is_whitespace() || c.is_control();
            assert!(!is_blank || Unseen::of(c).is_some(), "{c:?}");
            assert!(!c.is_alphanumeric() || c > '\u{ff00}' || Unseen::of(c).is_none(), "{c:?}");
        }
    }
}
