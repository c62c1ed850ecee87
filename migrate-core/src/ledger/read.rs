//! What reads the history, of every format that is known.
//!
//! A history of format 1 has no column `target`. The queries find the rows all the same, because they join the table with the
//! target that is wanted by the columns that both have. So one text reads both formats, in one round trip.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use super::bindings::Bindings;
use super::column::{Column, HISTORY};
use super::table::HISTORY_FORMAT;
use super::{AnyHistory, HistoryTable};
use crate::history::{AppliedMigration, AppliedState, Begun, RecordedDown};
use crate::query::{Query, Value};
use crate::{Engine, MigrationSet, OlderBinaries, OneLine, OtherTool, Version};

/// What one row says of the whole history of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    rows: i64,
    settled: i64,
    format: Option<i64>,
    chain: Option<String>,
}

impl Proof {
    /// Reads the answer to [`HistoryTable::proof`].
    pub fn from_row(row: &[Value]) -> Option<Proof> {
        let [chain, rows, settled, format] = row else { return None };
        Some(Proof {
            rows: rows.as_integer()?,
            settled: settled.as_integer()?,
            format: format.as_integer(),
            chain: chain.as_text().map(str::to_owned),
        })
    }

    /// Whether exactly the migrations of `set` are applied, all as they are in it.
    pub fn proves(&self, set: &MigrationSet) -> bool {
        let chain = set.chain().map(|chain| chain.to_string());
        let is_complete = i64::try_from(set.count()) == Ok(self.rows) && self.rows == self.settled;
        is_complete && self.chain == chain && self.format.is_none_or(|format| format <= HISTORY_FORMAT)
    }
}

impl HistoryTable {
    /// Asks for the [`Proof`] of a set: an answer of one row, whatever the number of migrations. Rows that are hidden prove
    /// nothing.
    pub fn proof(&self, set: &MigrationSet) -> Query {
        let mut bindings = Bindings::default();
        let latest = bindings.bind(Value::Integer(set.latest().map(Version::as_i64)));
        let rows = match self.engine {
            Engine::Postgres => {
                let table = bindings.bind(self.history.as_str());
                format!("CASE WHEN row_security_active({table}) THEN -1 ELSE count(*) END")
            }
            Engine::Sqlite => "count(*)".to_owned(),
        };
        let from = self.rows_of_target(&mut bindings, set.name());
        let sql = format!(
            "SELECT max(CASE WHEN version = {latest} THEN chain END), {rows}, \
             count(CASE WHEN state IN ('applied', 'baseline') THEN 1 END), max(format) {from}"
        );
        bindings.query(sql)
    }

    /// Asks for all rows of a set, and for one about the table; [`HistoryTable::read`] reads the answer.
    pub fn rows(&self, set: &str) -> Query {
        let mut bindings = Bindings::default();
        let columns: Vec<String> = read().map(|column| column.read(self.engine)).collect();
        let names: Vec<&str> = read().map(|column| column.name).collect();
        let from = self.rows_of_target(&mut bindings, set);
        let (format, hidden, temporary) = match self.engine {
            Engine::Postgres => {
                let table = bindings.bind(self.history.as_str());
                let columns = format!(
                    "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass({table}) \
                     AND attname = 'target' AND NOT attisdropped"
                );
                let hidden = format!("CASE WHEN row_security_active({table}) THEN 'hidden' END");
                (columns, hidden, format!("({TEMPORARY_PATH})"))
            }
            Engine::Sqlite => {
                let table = bindings.bind(format!("{}_history", self.prefix).as_str());
                let columns =
                    format!("SELECT count(*) FROM pragma_table_info({table}, 'main') WHERE name = 'target'");
                (columns, "NULL".to_owned(), "NULL".to_owned())
            }
        };
        let about = names.iter().map(|name| match *name {
            "version" => format!("1 + ({format})"),
            "name" => hidden.clone(),
            "state" => temporary.clone(),
            _ => "NULL".to_owned(),
        });
        let about: Vec<String> = about.collect();
        bindings.query(format!("SELECT {} {from} UNION ALL SELECT {}", columns.join(", "), about.join(", ")))
    }

    /// The rows of a set: those of the target, where the table says the target of a row.
    ///
    /// A natural join compares the columns that both sides have. A history of format 1 shares none, and all of it is of the
    /// one target that there was.
    fn rows_of_target(&self, bindings: &mut Bindings, set: &str) -> String {
        let target = bindings.bind(self.target.as_str());
        format!(
            "FROM (SELECT CAST({target} AS text) AS target) AS wanted NATURAL JOIN {} WHERE set_name = {}",
            self.history,
            bindings.bind(set)
        )
    }

    /// Whether an answer to [`HistoryTable::rows`] says that there are others, which row-level security hides.
    pub fn hides_rows(&self, answer: &[Vec<Value>]) -> bool {
        let is_hidden = |row: &Vec<Value>| value(row, "name").is_some_and(|name| name.as_text().is_some());
        answer.iter().filter(|row| is_about_table(row)).any(is_hidden)
    }

    /// The search path of the session, by an answer to [`HistoryTable::rows`], if it makes what is created a temporary
    /// object.
    pub fn temporary_path<'r>(&self, answer: &'r [Vec<Value>]) -> Option<&'r str> {
        answer.iter().filter(|row| is_about_table(row)).find_map(|row| value(row, "state")?.as_text())
    }

    /// Asks what is there in place of a history. [`Neighbours::read`] reads the answer.
    pub fn neighbours(&self) -> Query {
        let tables = OtherTool::ALL.map(|tool| format!("'{}'", tool.table)).join(", ");
        let others = match self.engine {
            Engine::Postgres => format!(
                "SELECT {TEMPORARY_PATH}, NULL::text, NULL::text, NULL::text \
                 UNION ALL SELECT NULL, relname::text, NULL, NULL FROM pg_catalog.pg_class \
                 WHERE relname IN ({tables}) AND relkind IN ('r', 'p') AND pg_catalog.pg_table_is_visible(oid)"
            ),
            Engine::Sqlite => format!(
                "SELECT NULL, name, NULL, NULL FROM main.sqlite_master WHERE type = 'table' AND name IN ({tables})"
            ),
        };
        let ours = AnyHistory::places(self.engine);
        let sql = format!("{others} UNION ALL SELECT NULL, NULL, ours.* FROM ({ours}) AS ours");
        Query { sql, values: Vec::new() }
    }

    /// Reads the answer to [`HistoryTable::rows`]: the format of the table, and the rows.
    ///
    /// # Errors
    ///
    /// When a row is not one that this version of the library understands; with what is wrong in it.
    pub fn read(&self, answer: &[Vec<Value>]) -> Result<(i64, Vec<AppliedMigration>), UnreadableRow> {
        let (about, rows): (Vec<&Vec<Value>>, Vec<_>) = answer.iter().partition(|row| is_about_table(row));
        let format = about.first().and_then(|row| value(row, "version")?.as_integer());
        let format =
            format.ok_or_else(|| UnreadableRow::Altered("the table has no row about itself".to_owned()))?;
        let rows = rows.into_iter().map(|row| read_row(row)).collect::<Result<Vec<_>, _>>()?;
        let mut versions = HashSet::with_capacity(rows.len());
        match rows.iter().find(|row| !versions.insert(row.version)) {
            Some(twice) => {
                Err(UnreadableRow::Altered(format!("there are two rows of version {}", twice.version)))
            }
            None => Ok((format, rows)),
        }
    }
}

/// What is there in place of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The search path of the session, if it makes what is created a temporary object.
    pub temporary_path: Option<String>,
    /// The tools for whose history there is a table.
    pub tools: Vec<OtherTool>,
    /// The histories of this library in other places.
    pub histories: Vec<AnyHistory>,
}

impl Neighbours {
    /// Reads the answer to [`HistoryTable::neighbours`].
    pub fn read(answer: &[Vec<Value>]) -> Neighbours {
        let text = |column: usize| {
            answer.iter().filter_map(move |row| row.get(column).and_then(Value::as_text)).map(str::to_owned)
        };
        let tables: Vec<String> = text(1).collect();
        let is_there = |tool: &OtherTool| tables.iter().any(|table| table == tool.table);
        let tools = OtherTool::ALL.into_iter().filter(is_there).collect();
        let histories = answer.iter().filter_map(|row| AnyHistory::of_row(row.get(2..)?)).collect();
        Neighbours { temporary_path: text(0).next(), tools, histories }
    }
}

/// `current_schema()` makes the temporary schema where it is the first, so it is asked only where it could be, and where it
/// can be made.
const TEMPORARY_PATH: &str = "CASE WHEN strpos(lower(current_setting('search_path')), 'pg_temp') = 0 \
    OR pg_is_in_recovery() OR NOT has_database_privilege(current_database(), 'TEMP') THEN NULL \
    WHEN current_schema()::text LIKE 'pg\\_temp\\_%' THEN current_setting('search_path') END";

/// The columns that are read: those of every format.
fn read() -> impl Iterator<Item = &'static Column> {
    HISTORY.iter().filter(|column| column.is_in(1))
}

/// What a row holds in a column.
fn value<'r>(row: &'r [Value], column: &str) -> Option<&'r Value> {
    row.get(read().position(|one| one.name == column)?)
}

fn is_about_table(row: &[Value]) -> bool {
    value(row, "format").is_some_and(|format| format.as_integer().is_none())
}

/// Why a row of the history is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadableRow {
    /// A newer version of the library has written it.
    Newer {
        /// The format of the row.
        format: i64,
    },
    /// This library never writes such a row: with what is wrong in it.
    Altered(String),
}

impl fmt::Display for UnreadableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnreadableRow::Newer { format } => write!(
                f,
                "it has format {format}, written by a newer version of the library; this one knows {HISTORY_FORMAT}"
            ),
            UnreadableRow::Altered(what) => f.write_str(what),
        }
    }
}

fn read_row(row: &[Value]) -> Result<AppliedMigration, UnreadableRow> {
    match value(row, "format").and_then(Value::as_integer) {
        Some(format) if format <= HISTORY_FORMAT => read_known(row).map_err(|column| altered(row, column)),
        Some(format) => Err(UnreadableRow::Newer { format }),
        None => Err(altered(row, "format")),
    }
}

/// Says which row it is, and what its column holds.
fn altered(row: &[Value], column: &str) -> UnreadableRow {
    let version = value(row, "version").and_then(Value::as_integer);
    let version =
        version.map_or("a version that is no number".to_owned(), |version| format!("version {version}"));
    // A role that may write to the table may write anything, and this is shown.
    let holds = match value(row, column) {
        Some(Value::Text(Some(text))) => format!("`{}`", OneLine(text)),
        Some(Value::Integer(Some(number))) => number.to_string(),
        _ => "NULL".to_owned(),
    };
    UnreadableRow::Altered(format!("in the row of {version}, the column {column} holds {holds}"))
}

/// The migration of a row, or the name of the column that holds what is never written.
fn read_known(row: &[Value]) -> Result<AppliedMigration, &'static str> {
    let text = |column| value(row, column)?.as_text();
    let number = |column| value(row, column)?.as_integer();
    let mut progress = text("statements_checksum").into_iter().flat_map(|text| text.split(' '));
    let statements_checksum = progress.next().and_then(|word| word.parse().ok());
    let begun = progress.next().and_then(|word| word.parse().ok());
    let by = progress.next().map(|word| OneLine(word).to_string());
    let checksum = |column: &'static str| text(column).and_then(|text| text.parse().ok()).ok_or(column);
    Ok(AppliedMigration {
        version: number("version").and_then(Version::from_i64).ok_or("version")?,
        // Who may write to the table may write anything, and these are shown.
        name: OneLine(text("name").ok_or("name")?).to_string(),
        checksum: checksum("checksum")?,
        chain: checksum("chain")?,
        state: text("state").and_then(AppliedState::from_word).ok_or("state")?,
        statements_done: number("statements_done")
            .and_then(|done| done.try_into().ok())
            .ok_or("statements_done")?,
        statements_checksum,
        begun: begun.map(|checksum| Begun { checksum, by }),
        down: text("down_script").map(|sql| RecordedDown {
            sql: sql.to_owned(),
            transaction: number("down_transaction") == Some(1),
        }),
        older_binaries: match text("older_binaries").ok_or("older_binaries")? {
            "ok" => OlderBinaries::Ok,
            _ => OlderBinaries::Refuse,
        },
        started_at: OneLine(text("started_at").ok_or("started_at")?).to_string(),
        elapsed: number("elapsed_ms").and_then(|ms| ms.try_into().ok()).map(Duration::from_millis),
        applied_by: text("applied_by").map(|by| OneLine(by).to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row with nothing in it but this format.
    fn row_of_format(format: Option<i64>) -> Vec<Value> {
        let value = |column: &Column| match column.name {
            "format" => Value::Integer(format),
            "version" => Value::Integer(Some(2)),
            _ => Value::Text(None),
        };
        read().map(value).collect()
    }

    #[test]
    fn a_row_of_a_newer_library_is_refused() {
        let table = HistoryTable::sqlite("migrate");
        let answer = [row_of_format(None), row_of_format(Some(HISTORY_FORMAT + 1))];
        assert_eq!(table.read(&answer), Err(UnreadableRow::Newer { format: HISTORY_FORMAT + 1 }));
    }

    #[test]
    fn a_row_that_was_altered_names_its_column() {
        let mut row = row_of_format(Some(HISTORY_FORMAT));
        let at = |column: &str| read().position(|one| one.name == column).unwrap();
        row[at("name")] = "a".into();
        row[at("checksum")] = "x\ny".into();
        let error = HistoryTable::sqlite("migrate").read(&[row_of_format(None), row]).unwrap_err();
        assert_eq!(error.to_string(), "in the row of version 2, the column checksum holds `x␊y`");
    }

    #[test]
    fn an_empty_history_has_a_format() {
        assert_eq!(
            HistoryTable::postgres("public", "migrate").read(&[row_of_format(None)]),
            Ok((2, Vec::new()))
        );
    }
}
