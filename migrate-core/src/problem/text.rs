//! Problems of a file's bytes, before it is read as SQL: its encoding and its size.

use super::MAX_SCRIPT_BYTES;
use super::wording::Wording;

/// A file that is not text, or more text than a script may be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextProblem {
    /// A byte order mark is before a directive on the first line.
    ByteOrderMark,
    /// The file is UTF-16.
    Utf16,
    /// The file is not UTF-8.
    NotUtf8,
    /// A NUL byte, which no database accepts in SQL.
    NulByte,
    /// The file is larger than [`MAX_SCRIPT_BYTES`].
    TooLarge,
}

impl TextProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            TextProblem::ByteOrderMark => Wording::new(
                "byte-order-mark",
                "a byte order mark hides the directive on the first line",
                "save the file as UTF-8 without a byte order mark",
            ),
            TextProblem::Utf16 => Wording::new("utf16", "the file is UTF-16, not UTF-8", "save it as UTF-8"),
            TextProblem::NotUtf8 => {
                Wording::new("not-utf8", "the file is not valid UTF-8", "it may be Latin-1: save it as UTF-8")
            }
            TextProblem::NulByte => Wording::new(
                "nul-byte",
                "the file contains a NUL byte, which no database accepts in SQL",
                "delete the byte; a file in UTF-16 is full of them: save it as UTF-8",
            ),
            TextProblem::TooLarge => Wording::new(
                "too-large",
                format!("the file is larger than {} MiB", MAX_SCRIPT_BYTES >> 20),
                "load data outside of migrations",
            ),
        }
    }
}
