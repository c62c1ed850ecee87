//! The text of a file.

use crate::checksum::normalized;
use crate::diagnostic::Diagnostic;
use crate::problem::{MAX_SCRIPT_BYTES, TextProblem};

/// Why the content of a file is not accepted as text.
#[derive(Debug)]
pub(super) struct NoText {
    pub(super) problem: TextProblem,
    /// The content, as far as it can be shown.
    pub(super) shown: String,
    /// The byte offset in `shown`, if the problem has one place.
    pub(super) at: Option<usize>,
}

impl NoText {
    fn whole(problem: TextProblem) -> NoText {
        NoText { problem, shown: String::new(), at: None }
    }

    /// A problem right after the valid part of the file.
    fn behind(good: &str, problem: TextProblem, bytes: &[u8]) -> NoText {
        let shown = normalized(&String::from_utf8_lossy(bytes)).replace('\0', "\u{2400}");
        NoText { problem, shown, at: Some(normalized(good).len()) }
    }

    pub(super) fn diagnostic(self, path: String) -> Diagnostic {
        match self.at {
            Some(at) => Diagnostic::at(self.problem, path, &self.shown, at),
            None => Diagnostic::of_file(self.problem, path),
        }
    }
}

/// The text of a script: without a byte order mark, line ends as LF.
pub(super) fn of_script(bytes: &[u8]) -> Result<String, NoText> {
    let text = of(bytes)?;
    let normal = normalized(text);
    if text.starts_with('\u{feff}') && begins_with_directive(&normal) {
        return Err(NoText { problem: TextProblem::ByteOrderMark, shown: normal.into_owned(), at: Some(0) });
    }
    Ok(normal.into_owned())
}

/// The text of any file.
pub(super) fn of(bytes: &[u8]) -> Result<&str, NoText> {
    // The reader stopped at this size, so a larger file is cut off here.
    if bytes.len() > MAX_SCRIPT_BYTES {
        return Err(NoText::whole(TextProblem::TooLarge));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(NoText::whole(TextProblem::Utf16));
    }
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    match valid.find('\0') {
        Some(nul) => Err(NoText::behind(&valid[..nul], TextProblem::NulByte, bytes)),
        None if valid.len() < bytes.len() => Err(NoText::behind(valid, TextProblem::NotUtf8, bytes)),
        None => Ok(valid),
    }
}

fn begins_with_directive(sql: &str) -> bool {
    let first = sql.lines().next().unwrap_or_default();
    let comment = first.trim_start().strip_prefix("--").unwrap_or_default().trim_start();
    comment.starts_with("migrate") && comment.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_script() {
        let cases: [(&[u8], TextProblem, Option<usize>, &str); 9] = [
            (b"SELECT 1;\nSELECT '\xff';", TextProblem::NotUtf8, Some(18), "SELECT 1;\nSELECT '\u{fffd}';"),
            (b"\xef\xbb\xbfa\r\nb\xe9c", TextProblem::NotUtf8, Some(3), "a\nb\u{fffd}c"),
            (b"SELECT '\0', '\0';", TextProblem::NulByte, Some(8), "SELECT '\u{2400}', '\u{2400}';"),
            (b"S\0\xe9\0", TextProblem::NulByte, Some(1), "S\u{2400}\u{fffd}\u{2400}"), // UTF-16 without its mark
            (b"\xe9S\0", TextProblem::NotUtf8, Some(0), "\u{fffd}S\u{2400}"),
            (b"\xff\xfeS\0E\0L\0", TextProblem::Utf16, None, ""),
            (b"\xfe\xff\0S\0E\0L", TextProblem::Utf16, None, ""),
            (
                b"\xef\xbb\xbf-- migrate: no-transaction",
                TextProblem::ByteOrderMark,
                Some(0),
                "-- migrate: no-transaction",
            ),
            (
                b"\xef\xbb\xbf--migrate :risk safe",
                TextProblem::ByteOrderMark,
                Some(0),
                "--migrate :risk safe",
            ),
        ];
        for (bytes, problem, at, shown) in cases {
            let error = of_script(bytes).unwrap_err();
            assert_eq!((error.problem, error.at, error.shown.as_str()), (problem, at, shown), "{bytes:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_left_out_where_it_hides_nothing() {
        assert_eq!(of_script(b"\xef\xbb\xbfSELECT 1;\r\n").unwrap(), "SELECT 1;\n");
        assert_eq!(of_script(b"").unwrap(), "");
    }

    #[test]
    fn a_script_may_have_64_mib() {
        let large = vec![b' '; MAX_SCRIPT_BYTES + 1];
        assert_eq!(of_script(&large).unwrap_err().problem, TextProblem::TooLarge);
        assert!(of_script(&large[1..]).is_ok());
    }
}
