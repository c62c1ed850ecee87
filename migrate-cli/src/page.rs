//! The pages about hazards and the list of problems, as a terminal shows them.
//!
//! In comes the name of a hazard or the code of a problem, out comes its page as text. `[drop-column](drop-column.md)`
//! becomes `cargo migrate explain drop-column`, because the pages are not in a user's project.

use anstyle::Style;
use include_dir::{Dir, include_dir};
use migrate_core::{Hazard, closest_of};

/// `docs/hazards` and `docs/problems.md` of the repository, by symbolic links that a package replaces by their content.
static DOCS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs");

/// What explains a hazard or a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Hazard {
        hazard: Hazard,
        markdown: &'static str,
    },
    Problem {
        code: &'static str,
        /// A line of Markdown.
        meaning: &'static str,
    },
}

impl Page {
    /// The page about the hazard or problem of this name.
    pub(crate) fn of(name: &str) -> Option<Page> {
        let hazard = Hazard::from_name(name);
        let of_hazard = hazard.map(|hazard| Page::Hazard { hazard, markdown: markdown_of(hazard) });
        of_hazard.or_else(|| problems().find(|(code, _)| *code == name).map(Page::problem))
    }

    /// All of them, hazards first.
    pub(crate) fn all() -> impl Iterator<Item = Page> {
        let hazards = Hazard::ALL.iter();
        let hazards = hazards.map(|&hazard| Page::Hazard { hazard, markdown: markdown_of(hazard) });
        hazards.chain(problems().map(Page::problem))
    }

    fn problem((code, meaning): (&'static str, &'static str)) -> Page {
        Page::Problem { code, meaning }
    }

    /// The name that was probably meant by one that has no page.
    pub(crate) fn closest(name: &str) -> Option<&'static str> {
        let hazards = Hazard::ALL.iter().map(|hazard| hazard.name());
        closest_of(hazards.chain(problems().map(|(code, _)| code)), name)
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Page::Hazard { hazard, .. } => hazard.name(),
            Page::Problem { code, .. } => code,
        }
    }

    /// What it is about, in a line.
    pub(crate) fn summary(&self) -> String {
        match self {
            Page::Hazard { markdown, .. } => {
                let paragraph = markdown.split("\n\n").nth(1).unwrap_or_default();
                let text = with_commands(&paragraph.replace('\n', " "));
                // A first word such as "SQLite." is no sentence.
                let mut ends = text.match_indices(". ").map(|(dot, _)| dot + 1);
                let end = ends.find(|end| *end >= "SQLite. ".len()).unwrap_or(text.len());
                text[..end].to_owned()
            }
            Page::Problem { meaning, .. } => with_commands(meaning),
        }
    }

    /// The whole of it.
    pub(crate) fn text(&self) -> String {
        match self {
            Page::Hazard { markdown, .. } => rendered(markdown),
            Page::Problem { code, .. } => {
                format!("{}\n\nA problem of the migrations folder: {}.", heading(code), self.summary())
            }
        }
    }
}

fn markdown_of(hazard: Hazard) -> &'static str {
    file(&format!("hazards/{hazard}.md"))
}

fn file(path: &str) -> &'static str {
    DOCS.get_file(path).and_then(|file| file.contents_utf8()).unwrap_or_default()
}

/// Each code with its meaning, from the tables of `docs/problems.md`.
fn problems() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = file("problems.md").lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.strip_suffix(" |")?.split_once("` | "))
}

/// Markdown as a terminal shows it: headings in bold, code indented, links as commands or addresses.
fn rendered(markdown: &str) -> String {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code && line.is_empty() {
            lines.push(String::new());
        } else if is_code {
            lines.push(format!("    {line}"));
        } else if let Some(title) = line.strip_prefix('#') {
            lines.push(heading(title.trim_start_matches('#').trim_start()));
        } else {
            lines.push(with_commands(line));
        }
    }
    lines.join("\n").trim_end().to_owned()
}

fn heading(text: &str) -> String {
    const BOLD: Style = Style::new().bold();
    format!("{BOLD}{text}{BOLD:#}")
}

/// A line of Markdown in which each link is what one can type.
fn with_commands(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, label, target, after)) = next_link(rest) {
        text.push_str(before);
        text.push_str(&match target.strip_suffix(".md") {
            Some(name) if Hazard::from_name(name).is_some() => {
                let command = format!("`cargo migrate explain {name}`");
                if label.trim_matches('`') == name { command } else { format!("{label} ({command})") }
            }
            _ if target.starts_with("http") => format!("{label} ({target})"),
            _ => label.to_owned(),
        });
        rest = after;
    }
    text + rest
}

/// The text before a link, its label, its target, and the text after it.
fn next_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (middle, after) = text.split_once("](")?;
    let (target, after) = after.split_once(')')?;
    let (before, label) = middle.rsplit_once('[')?;
    Some((before, label, target, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hazard_and_problem_has_a_page() {
        let pages: Vec<Page> = Page::all().collect();
        assert!(pages.len() > Hazard::ALL.len() + 50, "{}", pages.len());
        for page in pages {
            assert!(page.summary().len() > 10, "{page:?}");
            assert_eq!(Page::of(page.name()), Some(page.clone()));
            let text = page.text();
            assert!(!text.contains("](") && !text.contains(".md)") && !text.contains("```"), "{text}");
        }
        assert_eq!(Page::of("no-such"), None);
        assert_eq!(Page::closest("drop-colunm"), Some("drop-column"));
        assert_eq!(Page::closest("missing-donw"), Some("missing-down"));
    }

    #[test]
    fn markdown_becomes_what_one_can_read_and_type() {
        let markdown = "# a\n\nSee [b](drop-column.md), [drop-table](drop-table.md), [c](README.md)\nand \
                        [d](https://e.f/g).\n\n```sql\nSELECT 1;\n\nSELECT 2;\n```\n\n## Locks\n\nNone [yet].\n";
        let text = anstream::adapter::strip_str(&rendered(markdown)).to_string();
        assert_eq!(
            text,
            "a\n\nSee b (`cargo migrate explain drop-column`), `cargo migrate explain drop-table`, c\nand d (https://e.f/g).\n\n\
             \u{20}   SELECT 1;\n\n    SELECT 2;\n\nLocks\n\nNone [yet]."
        );
    }
}
