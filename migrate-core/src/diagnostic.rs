//! A problem with its place, as people read it.
//!
//! The source reads files and finds problems at bytes of their texts; a [`Diagnostic`] turns the byte into line and column
//! and keeps the line. Why keep it? The text is gone when the message is shown. An example:
//!
//! ```text
//! unknown directive `no-transactoin`
//!  --> migrations/2_index.up.sql:1:1
//!   |
//! 1 | -- migrate: no-transactoin
//!   | ^
//!  help: did you mean `no-transaction`?
//! ```

use std::fmt;

use crate::position::Position;
use crate::problem::Problem;
use crate::visible::{Lines, OneLine};

/// Whether a problem keeps the set from being made.
///
/// Exhaustive: a problem stops the build or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It keeps the set from being made.
    Error,
    /// It is reported, and the set is made.
    Warning,
}

/// A [`Problem`] and its place.
///
/// Displayed as rustc shows an error: what, where, the line itself, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What is wrong.
    pub problem: Problem,
    /// How serious it is.
    pub severity: Severity,
    /// The file or folder, as the user named it.
    pub path: String,
    /// The place in the file, if it is one place.
    pub position: Option<Position>,
    /// How many characters it is about, from its place on.
    pub width: usize,
    /// The line of the file at that place, or a part of a long line. Bytes that are not text are shown as `�`, NUL as `␀`.
    pub line: Option<String>,
    /// How many characters of `line` are before the place.
    pub indent: usize,
}

/// More characters of a line than this are not shown.
const MAX_LINE: usize = 400;

/// How many characters of a long line are shown before the place.
const BEFORE: usize = 80;

impl Diagnostic {
    /// A problem of a whole file or folder.
    pub(crate) fn of_file(problem: impl Into<Problem>, path: impl Into<String>) -> Diagnostic {
        Diagnostic {
            problem: problem.into(),
            severity: Severity::Error,
            path: path.into(),
            position: None,
            width: 0,
            line: None,
            indent: 0,
        }
    }

    /// A problem at a byte of `text`, the content of the file.
    pub(crate) fn at(
        problem: impl Into<Problem>,
        path: impl Into<String>,
        text: &str,
        offset: usize,
    ) -> Diagnostic {
        let position = Position::of_byte(text, offset);
        let (line, indent) = shown(position.line_of(text), position.column - 1);
        Diagnostic {
            problem: problem.into(),
            severity: Severity::Error,
            path: path.into(),
            position: Some(position),
            width: 1,
            line: Some(line),
            indent,
        }
    }

    /// A problem of a part of `text`, the content of the file.
    pub(crate) fn of_span(
        problem: impl Into<Problem>,
        path: impl Into<String>,
        text: &str,
        span: crate::Span,
    ) -> Diagnostic {
        let width = text.get(span.start()..span.end()).map_or(1, |part| part.chars().count());
        Diagnostic { width, ..Diagnostic::at(problem, path, text, span.start()) }
    }

    /// The same with this severity.
    pub(crate) fn with_severity(self, severity: Severity) -> Diagnostic {
        Diagnostic { severity, ..self }
    }

    /// Diagnostics are ordered by this place.
    fn place(&self) -> (&str, Option<Position>) {
        (&self.path, self.position)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both may hold words of a file, and a file may come from anyone.
        write!(f, "{}\n --> {}", Lines(&self.problem.to_string()), OneLine(&self.path))?;
        if let Some(position) = self.position {
            write!(f, ":{position}")?;
            if let Some(line) = &self.line {
                let in_line = Position { column: self.indent + 1, ..position };
                f.write_str(&in_line.excerpt(line, self.width))?;
            }
        }
        write!(f, "\n help: {}", Lines(&self.problem.help()))
    }
}

/// The shown part of a line, and how many of its characters are before the one at `before`. Why a part: a script of one
/// line may have thousands of problems.
fn shown(line: &str, before: usize) -> (String, usize) {
    if line.chars().nth(MAX_LINE).is_none() {
        return (line.to_owned(), before);
    }
    let start = before.saturating_sub(BEFORE);
    let mut part: String = line.chars().skip(start).take(MAX_LINE).collect();
    let mut indent = before - start;
    if start > 0 {
        part.insert_str(0, "… ");
        indent += 2;
    }
    if line.chars().nth(start + MAX_LINE).is_some() {
        part.push_str(" …");
    }
    (part, indent)
}

/// All problems of a migrations folder, at least one of them an error. They are in the order of the paths and of the places
/// in a file, so that problems of the whole folder come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// `Err` with all of `diagnostics` when one is an error, else the warnings; both in order.
    pub(crate) fn warnings_of(mut diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Diagnostics> {
        diagnostics.sort_by(|a, b| a.place().cmp(&b.place()));
        if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            Err(Diagnostics(diagnostics))
        } else {
            Ok(diagnostics)
        }
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n\n" };
            write!(f, "{separator}{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::TextProblem;

    #[test]
    fn of_a_long_line_a_part_is_shown() {
        let text = format!("{}here{}", "é".repeat(1000), "z".repeat(1000));
        let diagnostic =
            Diagnostic { width: 4, ..Diagnostic::at(TextProblem::NulByte, "x.sql", &text, 2000) };
        assert_eq!(diagnostic.position, Some(Position { line: 1, column: 1001 }));
        let shown = diagnostic.to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[3].starts_with(&format!(" 1 | … {}herezz", "é".repeat(80))), "{shown}");
        assert!(lines[3].ends_with("zz …") && lines[3].chars().count() < 420, "{shown}");
        let carets = lines[4].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[3].chars().skip(carets).take(4).collect::<String>(), "here");
        assert!(lines[4].ends_with("^^^^") && !lines[4].ends_with("^^^^^"), "{shown}");
        let short = Diagnostic::at(TextProblem::NulByte, "x.sql", "\tab", 2);
        assert_eq!((short.line.as_deref(), short.indent), (Some("\tab"), 2));
    }
}
