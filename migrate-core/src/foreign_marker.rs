//! Lines by which other tools divide one file into a migration and its rollback. `-- +goose Down` is a comment to a
//! server, so a script with such a line would run both parts, one after the other, and leave nothing.

/// How a tool marks the parts of its files.
struct Marks {
    tool: &'static str,
    /// Whether `cargo migrate adopt` splits its files.
    adopts: bool,
    /// The words at the start of a comment, in lower case, with single spaces.
    starts: &'static [&'static str],
    /// Whether the comment may go on after them.
    goes_on: bool,
}

const MARKS: [Marks; 10] = [
    Marks {
        tool: "goose",
        adopts: true,
        starts: &[
            "+goose up",
            "+goose down",
            "+goose statementbegin",
            "+goose statementend",
            "+goose envsub",
        ],
        goes_on: true,
    },
    Marks { tool: "dbmate", adopts: true, starts: &["migrate:up", "migrate:down"], goes_on: true },
    Marks {
        tool: "sql-migrate",
        adopts: false,
        starts: &["+migrate up", "+migrate down", "+migrate statementbegin", "+migrate statementend"],
        goes_on: true,
    },
    Marks {
        tool: "tern",
        adopts: false,
        starts: &["create above / drop below", "create above/drop below"],
        goes_on: true,
    },
    Marks { tool: "MyBatis", adopts: false, starts: &["//@undo", "// @undo", "@undo"], goes_on: false },
    Marks {
        tool: "Liquibase",
        adopts: false,
        starts: &["liquibase formatted sql", "changeset "],
        goes_on: true,
    },
    Marks {
        tool: "node-pg-migrate",
        adopts: false,
        starts: &["up migration", "down migration"],
        goes_on: false,
    },
    Marks { tool: "rambler", adopts: false, starts: &["rambler up", "rambler down"], goes_on: false },
    Marks { tool: "Play", adopts: false, starts: &["!ups", "!downs"], goes_on: false },
    Marks { tool: "shmig", adopts: false, starts: &["==== up ====", "==== down ===="], goes_on: false },
];

/// The tool whose mark a comment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForeignTool {
    pub(crate) name: &'static str,
    /// Whether `cargo migrate adopt` splits its files.
    pub(crate) is_adopted: bool,
}

/// The tool that divides its files by this comment, of which `text` is what follows the dashes.
pub(crate) fn tool_of(text: &str) -> Option<ForeignTool> {
    // The longest mark is short. Whole comments are not copied, because a script may have many.
    let words: Vec<&str> = text.split_whitespace().take(6).collect();
    let line = words.join(" ").trim_end_matches('-').trim_end().to_ascii_lowercase();
    let is_of = |marks: &&Marks| {
        marks.starts.iter().any(|start| match line.strip_prefix(start) {
            Some("") => true,
            Some(rest) => marks.goes_on && (start.ends_with(' ') || !rest.starts_with(char::is_alphanumeric)),
            None => false,
        })
    };
    MARKS.iter().find(is_of).map(|marks| ForeignTool { name: marks.tool, is_adopted: marks.adopts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_tools() {
        let cases = [
            ("+goose Up", Some("goose")),
            ("+goose  down", Some("goose")),
            ("+goose StatementBegin", Some("goose")),
            ("+goose ENVSUB ON", Some("goose")),
            ("migrate:up", Some("dbmate")),
            ("migrate:down transaction:false", Some("dbmate")),
            ("+migrate Up notransaction", Some("sql-migrate")),
            ("+migrate StatementEnd", Some("sql-migrate")),
            ("create above / drop below ----", Some("tern")),
            ("Create above / drop below", Some("tern")),
            ("//@UNDO", Some("MyBatis")),
            ("// @UNDO", Some("MyBatis")),
            ("@UNDO", Some("MyBatis")),
            ("liquibase formatted sql", Some("Liquibase")),
            ("changeset nvoxland:1", Some("Liquibase")),
            ("Up Migration", Some("node-pg-migrate")),
            ("rambler down", Some("rambler")),
            ("!Downs", Some("Play")),
            ("==== DOWN ====", Some("shmig")),
            // What is no mark.
            ("+goose NO TRANSACTION", None),
            ("+goose upwards", None),
            ("migrate: no-transaction", None),
            ("migrate: up to here", None),
            ("migrate:upper", None),
            ("up migration of the old users", None),
            ("changesets are applied in order", None),
            ("// Create the users", None),
            ("@UNDO is what MyBatis writes", None),
            ("creates above", None),
            ("", None),
        ];
        for (text, tool) in cases {
            assert_eq!(tool_of(text).map(|tool| tool.name), tool, "{text}");
        }
    }
}
