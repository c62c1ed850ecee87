//! From a byte offset to line and column, for messages and editors.

use std::fmt;

use crate::visible::Lines;

/// A place in a script: line and column, both from 1. Columns count characters, not bytes.
///
/// Exhaustive: a place in a text has no more to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place of the character that begins at the byte `offset`. Past the end of `text` it is the last place.
    pub fn of_byte(text: &str, offset: usize) -> Position {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The line of `text` at this place, without its end.
    pub fn line_of(self, text: &str) -> &str {
        text.lines().nth(self.line - 1).unwrap_or_default()
    }

    /// The `line` at this place with carets under `width` characters from the place on, as rustc shows it; it begins with
    /// a line end.
    pub fn excerpt(self, line: &str, width: usize) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        // Tabs stay tabs in the line of carets, so that the caret is under the column that the terminal shows.
        let indent: String =
            line.chars().take(self.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let line = line.trim_end();
        let left = line.chars().count().saturating_sub(self.column - 1);
        let carets = "^".repeat(width.min(left).max(1));
        format!("\n {gutter} |\n {number} | {}\n {gutter} | {indent}{carets}", Lines(line))
    }
}

/// The lines of a text, for many places in it.
pub(crate) struct LineNumbers {
    /// The byte where each line but the first begins.
    starts: Vec<usize>,
}

impl LineNumbers {
    pub(crate) fn of(text: &str) -> LineNumbers {
        LineNumbers { starts: text.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    /// The number of the line with a byte, from 1.
    pub(crate) fn number(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) + 1
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters_from_one() {
        let text = "ab\nçd\n";
        let cases = [(0, 1, 1), (1, 1, 2), (3, 2, 1), (5, 2, 2), (6, 2, 3), (7, 3, 1), (99, 3, 1)];
        for (offset, line, column) in cases {
            assert_eq!(Position::of_byte(text, offset), Position { line, column }, "byte {offset}");
            assert_eq!(LineNumbers::of(text).number(offset), line, "byte {offset}");
        }
        assert_eq!(Position { line: 2, column: 1 }.line_of(text), "çd");
    }
}
