//! Shows a change to text as coloured lines, such as a change to the lock file.

use anstyle::{AnsiColor, Style};

const GONE: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();

/// The removed and added lines. The other lines must be in the same order in both texts: that is enough for a lock file, and
/// needs no general diff.
pub(crate) fn of_lines(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut out = Vec::new();
    let mut rest = after.as_slice();
    for line in before {
        match rest.iter().position(|other| *other == line) {
            Some(at) => {
                out.extend(rest[..at].iter().map(|line| new(line)));
                rest = &rest[at + 1..];
            }
            None => out.push(gone(line)),
        }
    }
    out.extend(rest.iter().map(|line| new(line)));
    out.join("\n")
}

/// A removed line.
pub(crate) fn gone(line: &str) -> String {
    format!("{GONE}- {line}{GONE:#}")
}

/// An added line.
pub(crate) fn new(line: &str) -> String {
    format!("{NEW}+ {line}{NEW:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_stay_are_not_shown() {
        let cases = [
            ("", "", ""),
            ("a\nb", "a\nb", ""),
            ("a\n", "a\nb\nc\n", "+ b\n+ c"),
            ("a\nb\nc", "a\nx\nc", "- b\n+ x"),
            ("", "a", "+ a"),
            ("a", "", "- a"),
        ];
        for (before, after, want) in cases {
            let shown = anstream::adapter::strip_str(&of_lines(before, after)).to_string();
            assert_eq!(shown, want, "{before:?} {after:?}");
        }
    }
}
