//! The parts of a CREATE TABLE (<https://sqlite.org/lang_createtable.html>).
//!
//! What comes in are the tokens of the statement; what goes out is a row for each property of each column, and for
//! each constraint. A constraint of SQLite needs no name, so it is identified by what it constrains:
//! `UNIQUE (email)`.

use super::canonical::{Token, canonical};
use super::{Row, row};

/// The rows of a table: its columns, its constraints, and the options after them.
pub(super) fn rows(table: &str, statement: &[Token]) -> Vec<Row> {
    let open = statement.iter().position(|token| token.is("(")).unwrap_or(statement.len());
    let close = open + group(&statement[open..]);
    let body = statement.get(open + 1..close.saturating_sub(1)).unwrap_or_default();
    let mut reader = Reader { table, rows: vec![row("table", "", table, "", "")], columns: Vec::new() };
    split(body).for_each(|item| reader.item(item));
    let columns = reader.columns.join(", ");
    reader.rows.push(row("table", "", table, crate::fingerprint::COLUMN_ORDER, &columns));
    let mut options: Vec<String> = split(&statement[close..]).map(canonical).collect();
    options.sort();
    if !options.is_empty() {
        reader.rows.push(row("table", "", table, "options", &options.join(", ")));
    }
    reader.rows
}

/// The number of tokens in the parentheses at the beginning, or one if there are none.
fn group(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            token if token.is("(") => depth += 1,
            token if token.is(")") => depth = depth.saturating_sub(1),
            // Text that no known version writes is kept as it is.
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The parts between commas outside of parentheses.
fn split(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_i32;
    let parts = tokens.split(move |token| {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        depth == 0 && token.is(",")
    });
    parts.filter(|part| !part.is_empty())
}

/// The rows that were read so far.
struct Reader<'t> {
    table: &'t str,
    rows: Vec<Row>,
    columns: Vec<String>,
}

/// The words that begin a constraint.
const CONSTRAINTS: [&str; 9] =
    ["constraint", "primary", "unique", "check", "foreign", "not", "null", "default", "collate"];
const COLUMN_CONSTRAINTS: [&str; 3] = ["references", "generated", "as"];

impl Reader<'_> {
    /// A column with its constraints, or constraints of the table.
    fn item(&mut self, item: &[Token]) {
        let is_constraint = CONSTRAINTS[..5].iter().any(|word| item[0].is(word));
        if is_constraint {
            return self.constraints(None, item);
        }
        let name = item[0].name.clone();
        let end = item[1..].iter().position(begins_constraint).map_or(item.len(), |at| at + 1);
        self.columns.push(quoted(&name));
        self.column(&name, "type", &canonical(&item[1..end]));
        self.constraints(Some(&name), &item[end..]);
    }

    /// A property of a column.
    fn column(&mut self, column: &str, property: &str, value: &str) {
        self.rows.push(row("column", self.table, column, property, value));
    }

    /// Constraints, one after the other.
    fn constraints(&mut self, column: Option<&str>, mut tokens: &[Token]) {
        let mut named = None;
        while let [first, rest @ ..] = tokens {
            if let (true, [name, rest @ ..]) = (first.is("constraint"), rest) {
                named = Some(name.name.as_str());
                tokens = rest;
                continue;
            }
            let length = length(tokens);
            self.constraint(column, named.take(), &tokens[..length]);
            tokens = &tokens[length..];
        }
    }

    /// One constraint.
    fn constraint(&mut self, column: Option<&str>, named: Option<&str>, tokens: &[Token]) {
        let first = tokens[0].text.as_str();
        let after = |at: usize| canonical(tokens.get(at..).unwrap_or_default());
        match (first, column) {
            ("not", Some(column)) => {
                let conflict = after(2);
                self.column(column, "not null", if conflict.is_empty() { "true" } else { &conflict });
            }
            ("null", Some(_)) => {}
            ("default", Some(column)) => self.column(column, "default", &after(1)),
            ("collate", Some(column)) => self.column(column, "collation", &after(1)),
            ("generated" | "as", Some(column)) => {
                let open = tokens.iter().position(|token| token.is("(")).unwrap_or(0);
                let end = open + group(&tokens[open..]);
                let stored =
                    if tokens[end..].iter().any(|token| token.is("stored")) { "STORED" } else { "VIRTUAL" };
                self.column(column, "generated", &format!("{} {stored}", canonical(&tokens[open..end])));
            }
            ("primary" | "unique" | "foreign" | "references" | "check", _) => {
                let (name, definition) = named_by_content(column, tokens);
                let mut keep = |property, value: &str| {
                    self.rows.push(row("constraint", self.table, &name, property, value));
                };
                keep("definition", &definition);
                if let Some(named) = named {
                    keep("name", named);
                }
            }
            // Text that no known version writes is kept as it is.
            _ => {
                let text = canonical(tokens);
                self.rows.push(row("constraint", self.table, &text, "definition", &text));
            }
        }
    }
}

/// Whether the token begins a constraint.
fn begins_constraint(token: &Token) -> bool {
    CONSTRAINTS.iter().chain(&COLUMN_CONSTRAINTS).any(|word| token.is(word))
}

/// The number of tokens of the first constraint: up to the next that begins one outside of parentheses.
fn length(tokens: &[Token]) -> usize {
    let mut at = 1;
    while at < tokens.len() {
        let [last, token] = [&tokens[at - 1], &tokens[at]];
        // `FOREIGN KEY … REFERENCES`, `GENERATED ALWAYS AS`, `ON DELETE SET NULL`, `NOT NULL`, `NOT DEFERRABLE`.
        let goes_on = (tokens[0].is("foreign") && token.is("references"))
            || (tokens[0].is("generated") && token.is("as"))
            || (last.is("set") && (token.is("null") || token.is("default")))
            || (last.is("not") && token.is("null"))
            || (token.is("not") && tokens.get(at + 1).is_some_and(|next| next.is("deferrable")))
            || (tokens[0].is("default") && at == 1);
        if begins_constraint(token) && !goes_on {
            break;
        }
        at += group(&tokens[at..]);
    }
    at
}

/// The name and the definition of a constraint. SQLite needs no names for constraints, so the name says what it
/// constrains.
fn named_by_content(column: Option<&str>, tokens: &[Token]) -> (String, String) {
    let open = tokens.iter().position(|token| token.is("(")).unwrap_or(tokens.len());
    let end = open + group(&tokens[open..]).min(tokens.len() - open);
    let own = column.map(quoted);
    let text = canonical(tokens);
    match (tokens[0].text.as_str(), own) {
        ("primary", Some(column)) => {
            (format!("PRIMARY KEY ({column})"), format!("primary key ({column}){}", rest(&tokens[2..])))
        }
        ("primary", None) => (format!("PRIMARY KEY {}", canonical(&tokens[open..end])), text),
        ("unique", Some(column)) => {
            (format!("UNIQUE ({column})"), format!("unique ({column}){}", rest(&tokens[1..])))
        }
        ("unique", None) => (format!("UNIQUE {}", canonical(&tokens[open..end])), text),
        ("references", Some(column)) => {
            (foreign_key(&format!("({column})"), tokens), format!("foreign key ({column}) {text}"))
        }
        ("foreign", _) => {
            let references = tokens.iter().position(|token| token.is("references")).unwrap_or(0);
            (foreign_key(&canonical(&tokens[open..end]), &tokens[references..]), text)
        }
        _ => (format!("CHECK {}", canonical(&tokens[open..end])), text),
    }
}

/// The name of a foreign key.
fn foreign_key(columns: &str, references: &[Token]) -> String {
    format!("FOREIGN KEY {columns} TO {}", references.get(1).map_or("", |table| &table.text))
}

/// The tokens with a space in front, if there are any.
fn rest(tokens: &[Token]) -> String {
    let rest = canonical(tokens);
    if rest.is_empty() { rest } else { format!(" {rest}") }
}

/// A column as a canonical text writes it.
fn quoted(column: &str) -> String {
    canonical(&super::tokens(&format!("\"{}\"", column.replace('"', "\"\""))))
}
