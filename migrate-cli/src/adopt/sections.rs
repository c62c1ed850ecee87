//! Splits a file of goose or dbmate, such as `-- +goose Up … -- +goose Down …`, into two scripts.

use std::fmt;

use super::Tool;

/// The two scripts of a file that held both directions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sections {
    pub(crate) up: String,
    /// `None` if the file has no rollback.
    pub(crate) down: Option<String>,
}

/// Why a file cannot be split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsplittable {
    /// The file has no section that applies the migration.
    NoUp { marker: &'static str },
    /// A line has an annotation without a counterpart here.
    Unknown { line: usize, text: String },
}

impl fmt::Display for Unsplittable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsplittable::NoUp { marker } => write!(f, "the file has no line `{marker}`"),
            Unsplittable::Unknown { line, text } => {
                write!(f, "line {line} says `{text}`, which has no counterpart here")
            }
        }
    }
}

/// The meaning of a line in such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Up {
        transaction: bool,
    },
    Down {
        transaction: bool,
    },
    /// Applies to the whole file.
    NoTransaction,
    /// The begin or end of a statement. Our scanner finds those without a mark.
    StatementMark,
    Unknown,
    Sql,
}

/// Splits a file of goose or dbmate. The text before its first section stays at the top of the up script.
pub(crate) fn split(tool: Tool, text: &str) -> Result<Sections, Unsplittable> {
    let (mut head, mut up, mut down) = (String::new(), None, None);
    let (mut up_alone, mut down_alone, mut all_alone) = (false, false, false);
    let mut section = &mut head;
    for (number, line) in text.lines().enumerate() {
        match read(tool, line) {
            Line::Up { transaction } => {
                up_alone |= !transaction;
                section = up.get_or_insert_default();
            }
            Line::Down { transaction } => {
                down_alone |= !transaction;
                section = down.get_or_insert_default();
            }
            Line::NoTransaction => all_alone = true,
            Line::StatementMark => {}
            Line::Unknown => {
                return Err(Unsplittable::Unknown { line: number + 1, text: line.trim().to_owned() });
            }
            Line::Sql => {
                section.push_str(line);
                section.push('\n');
            }
        }
    }
    let Some(up) = up else { return Err(Unsplittable::NoUp { marker: marker(tool) }) };
    let head = head.trim();
    let up = if head.is_empty() { up } else { format!("{head}\n\n{}", up.trim_start_matches('\n')) };
    Ok(Sections {
        up: script(&up, up_alone || all_alone),
        down: down.filter(|down| !down.trim().is_empty()).map(|down| script(&down, down_alone || all_alone)),
    })
}

fn script(text: &str, alone: bool) -> String {
    let directive = if alone { "-- migrate: no-transaction\n" } else { "" };
    format!("{directive}{}\n", text.trim())
}

fn marker(tool: Tool) -> &'static str {
    if tool == Tool::Goose { "-- +goose Up" } else { "-- migrate:up" }
}

fn read(tool: Tool, line: &str) -> Line {
    let Some(comment) = line.trim().strip_prefix("--") else { return Line::Sql };
    let mut words = comment.split_whitespace();
    match tool {
        Tool::Goose => {
            let Some(annotation) = comment.trim().strip_prefix("+goose") else { return Line::Sql };
            match annotation.trim().to_ascii_lowercase().as_str() {
                "up" => Line::Up { transaction: true },
                "down" => Line::Down { transaction: true },
                "no transaction" => Line::NoTransaction,
                "statementbegin" | "statementend" => Line::StatementMark,
                _ => Line::Unknown,
            }
        }
        _ => {
            let direction = words.next();
            let transaction = match words.next() {
                None | Some("transaction:true") => true,
                Some("transaction:false") => false,
                Some(_) if matches!(direction, Some("migrate:up" | "migrate:down")) => return Line::Unknown,
                Some(_) => return Line::Sql,
            };
            match direction {
                Some("migrate:up") => Line::Up { transaction },
                Some("migrate:down") => Line::Down { transaction },
                _ => Line::Sql,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(up: &str, down: Option<&str>) -> Result<Sections, Unsplittable> {
        Ok(Sections { up: up.to_owned(), down: down.map(str::to_owned) })
    }

    #[test]
    fn files_of_dbmate() {
        let both = "-- migrate:up\nCREATE TABLE a (id int);\n\n-- migrate:down\nDROP TABLE a;\n";
        assert_eq!(
            split(Tool::Dbmate, both),
            sections("CREATE TABLE a (id int);\n", Some("DROP TABLE a;\n"))
        );
        let alone = "-- migrate:up transaction:false\nVACUUM;\n-- migrate:down\n";
        assert_eq!(split(Tool::Dbmate, alone), sections("-- migrate: no-transaction\nVACUUM;\n", None));
        let alone = "-- migrate:up\nSELECT 1;\n-- migrate:down transaction:false\nVACUUM;\n";
        let down = Some("-- migrate: no-transaction\nVACUUM;\n");
        assert_eq!(split(Tool::Dbmate, alone), sections("SELECT 1;\n", down));
        let no_way_back = "-- why\n-- migrate:up\nSELECT 1;";
        assert_eq!(split(Tool::Dbmate, no_way_back), sections("-- why\n\nSELECT 1;\n", None));
        assert_eq!(split(Tool::Dbmate, "SELECT 1;"), Err(Unsplittable::NoUp { marker: "-- migrate:up" }));
        let unknown = split(Tool::Dbmate, "-- migrate:up env:dev\nSELECT 1;");
        assert_eq!(unknown, Err(Unsplittable::Unknown { line: 1, text: "-- migrate:up env:dev".to_owned() }));
        // An ordinary comment does not begin a section.
        let comment = "-- migrate:up\n-- migrate upwards\n-- a remark about migrate:down\nSELECT 1;";
        assert_eq!(
            split(Tool::Dbmate, comment),
            sections("-- migrate upwards\n-- a remark about migrate:down\nSELECT 1;\n", None)
        );
    }

    #[test]
    fn files_of_goose() {
        let function = "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql;\n\
                        -- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f();\n";
        assert_eq!(
            split(Tool::Goose, function),
            sections(
                "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql;\n",
                Some("DROP FUNCTION f();\n")
            )
        );
        let alone = "-- +goose NO TRANSACTION\n-- +goose UP\nVACUUM;\n--+goose down\nVACUUM;";
        let vacuum = "-- migrate: no-transaction\nVACUUM;\n";
        assert_eq!(split(Tool::Goose, alone), sections(vacuum, Some(vacuum)));
        let variables = split(Tool::Goose, "-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;");
        assert_eq!(variables, Err(Unsplittable::Unknown { line: 2, text: "-- +goose ENVSUB ON".to_owned() }));
        assert_eq!(split(Tool::Goose, ""), Err(Unsplittable::NoUp { marker: "-- +goose Up" }));
    }
}
