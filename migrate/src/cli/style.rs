//! Colours. Texts always contain them, and `anstream` removes them if stdout or stderr is not a terminal.

use std::fmt;

use anstyle::{AnsiColor, Style};

pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const STRONG: Style = Style::new().bold();
pub(super) const PLACE: Style = AnsiColor::Blue.on_default().bold();
pub(super) const HELP: Style = AnsiColor::Cyan.on_default();

/// A text in a style.
pub(super) fn styled(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A message as rustc shows it: the first line strong, the gutter of an excerpt blue, the labels cyan.
pub(super) fn message(label: &str, style: Style, text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let mut out = format!("{}{}", styled(style, label), styled(STRONG, format_args!(": {first}")));
    for line in lines {
        out.push('\n');
        out += &rest(line);
    }
    out
}

/// A line below the first one.
fn rest(line: &str) -> String {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    if let Some(place) = text.strip_prefix("--> ") {
        return format!("{indent}{} {place}", styled(PLACE, "-->"));
    }
    if let Some((number, code)) = line.split_once('|')
        && number.trim().bytes().all(|byte| byte.is_ascii_digit())
        && number.starts_with(' ')
    {
        let is_caret = !code.trim().is_empty() && code.trim().bytes().all(|byte| byte == b'^');
        let code = if is_caret { styled(ERROR, code) } else { code.to_owned() };
        return format!("{}{code}", styled(PLACE, format_args!("{number}|")));
    }
    const LABELS: [&str; 9] =
        ["help:", "else:", "hint:", "note:", "detail:", "context:", "allow:", "more:", "blocked by:"];
    for label in LABELS {
        if let Some(text) = text.strip_prefix(label) {
            return format!("{indent}{}{text}", styled(HELP, label));
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_colours_is_added() {
        let text = "it failed\n --> a.sql:1:2\n   |\n 1 | a | b\n   |   ^^\n help: try\n  plain | text";
        let shown = message("error", ERROR, text);
        assert_eq!(anstream::adapter::strip_str(&shown).to_string(), format!("error: {text}"));
        assert!(shown.contains(&styled(ERROR, "   ^^")), "{shown:?}");
        assert!(shown.contains(" a | b"), "{shown:?}");
    }
}
