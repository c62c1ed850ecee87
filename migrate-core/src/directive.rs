//! `-- migrate: key value` in the comments of a script.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::closest::closest_of;
use crate::directive_key::DirectiveKey;
use crate::duration::duration;
use crate::file_name::Part;
use crate::foreign_marker;
use crate::problem::DirectiveProblem;
use crate::statement::Scan;
use crate::{Hazard, OlderBinaries, Risk, Span};

/// The directives of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    pub(crate) no_transaction: bool,
    pub(crate) irreversible: Option<Reason>,
    pub(crate) nothing_to_undo: Option<Reason>,
    pub(crate) nothing_to_do: Option<Reason>,
    pub(crate) lock_timeout: Option<Duration>,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) risk: Option<Risk>,
    pub(crate) older_binaries: Option<OlderBinaries>,
    pub(crate) foreign_keys_off: bool,
    pub(crate) allows: Vec<Allow>,
}

/// A hazard that the author accepts: `allow` above a statement, or at the top of a script for all of it. `unparsed` above
/// a statement accepts that this one is not analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) hazard: Hazard,
    /// Whether it is `unparsed`: the statement below it does not even parse.
    pub(crate) is_unparsed: bool,
    pub(crate) why: String,
    /// The byte where the directive begins.
    pub(crate) at: usize,
}

/// The reason that an author gives, and the byte where the directive begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) why: String,
    pub(crate) at: usize,
}

/// Reads the directives of a script. Each problem comes with the byte where its comment begins.
pub(crate) fn parse(sql: &str, scan: &Scan, part: Part) -> (Directives, Vec<(DirectiveProblem, usize)>) {
    let mut directives = Directives::default();
    let mut problems = Vec::new();
    if let Some(of_another) = of_another_tool(sql, scan) {
        // Nothing else can be said of such a file before it is divided.
        return (directives, vec![of_another]);
    }
    let mut seen = Vec::new();
    for comment in &scan.line_comments {
        let read = read(&sql[comment.clone()], comment.start).and_then(|line| {
            let Some((key, value)) = line else { return Ok(()) };
            check_place(key, comment.start, scan, part)?;
            if !key.may_be_of_statement() && seen.contains(&key) {
                return Err(DirectiveProblem::Twice { key });
            }
            seen.push(key);
            directives.set(key, value, comment.start)
        });
        problems.extend(read.err().map(|problem| (problem, comment.start)));
    }
    (directives, problems)
}

/// The first line by which another tool divides its files.
fn of_another_tool(sql: &str, scan: &Scan) -> Option<(DirectiveProblem, usize)> {
    scan.line_comments.iter().find_map(|comment| {
        let line = sql[comment.clone()].trim_end();
        let tool = foreign_marker::tool_of(line.trim_start_matches('-').trim())?;
        let problem = DirectiveProblem::OtherTool {
            tool: tool.name,
            line: line.to_owned(),
            is_adopted: tool.is_adopted,
        };
        Some((problem, comment.start))
    })
}

/// How sqlx says `no-transaction`, on the first line of a script. It means the same here, so that a folder of sqlx can be
/// taken over without an edit.
const SQLX_NO_TRANSACTION: &str = "-- no-transaction";

/// Key and value of a comment that is a directive.
fn read(comment: &str, at: usize) -> Result<Option<(DirectiveKey, &str)>, DirectiveProblem> {
    if at == 0 && comment.trim_end() == SQLX_NO_TRANSACTION {
        return Ok(Some((DirectiveKey::NoTransaction, "")));
    }
    let text = comment.trim_start_matches('-').trim();
    let Some(rest) = strip_prefix_ignoring_case(text, "migrate") else {
        return foreign(text).map_or(Ok(None), Err);
    };
    let has_colon = rest.trim_start().starts_with(':');
    let line = rest.trim_start().trim_start_matches(':').trim();
    let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match (has_colon, DirectiveKey::from_name(name)) {
        (true, Some(key)) => Ok(Some((key, value.trim()))),
        (true, None) => Err(DirectiveProblem::Unknown { key: name.to_owned(), closest: closest(name) }),
        // Prose may begin with the word "migrate", but not go on with one of our keys.
        (false, Some(key)) => Err(DirectiveProblem::WithoutColon { key }),
        (false, None) => Ok(None),
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A directive of another tool: without a problem it would have no effect, and no one would notice.
fn foreign(comment: &str) -> Option<DirectiveProblem> {
    let ours = match comment {
        "no-transaction" | "tern:noTransaction" | "atlas:txmode none" | "+goose NO TRANSACTION" => {
            DirectiveKey::NoTransaction
        }
        _ => return None,
    };
    Some(DirectiveProblem::Foreign { theirs: comment.to_owned(), ours })
}

/// The directive that may have been meant.
fn closest(name: &str) -> Option<DirectiveKey> {
    let name = name.trim_end_matches(':').to_ascii_lowercase().replace('_', "-");
    closest_of(DirectiveKey::ALL.iter().map(|key| key.name()), &name).and_then(DirectiveKey::from_name)
}

/// Directives are above the first statement; those of a single statement may be above any.
fn check_place(key: DirectiveKey, offset: usize, scan: &Scan, part: Part) -> Result<(), DirectiveProblem> {
    let parts = key.parts();
    let inside = scan.statements.iter().any(|s| s.span.start() < offset && offset < s.span.end());
    let below = scan.statements.first().is_some_and(|first| first.span.start() < offset);
    if !parts.contains(&part) {
        Err(DirectiveProblem::InWrongPart { key, belongs_to_down: parts.contains(&Part::Down) })
    } else if inside {
        Err(DirectiveProblem::InsideStatement { key })
    } else if below && !key.may_be_of_statement() {
        Err(DirectiveProblem::BelowStatement { key })
    } else {
        Ok(())
    }
}

/// How many of these statements begin at or before a byte.
pub(crate) fn begun(at: usize, statements: &[Span]) -> usize {
    statements.partition_point(|span| span.start() <= at)
}

impl Allow {
    /// The number of the statement that it is above.
    pub(crate) fn above(&self, statements: &[Span]) -> usize {
        begun(self.at, statements)
    }
}

impl Directives {
    /// Which `allow` is about a hazard at this byte of a script with these statements: one at the top of the script, or
    /// one above the statement.
    pub(crate) fn allowing(&self, hazard: Hazard, at: usize, statements: &[Span]) -> Option<usize> {
        let of_statement = begun(at, statements);
        self.allows.iter().position(|allow| {
            let above = allow.above(statements);
            let is_of_script = above == 0 && !allow.is_unparsed;
            allow.hazard == hazard && (is_of_script || above + 1 == of_statement)
        })
    }

    /// Which of these statements `unparsed` is above, as the number of statements before each. One that is above no
    /// statement has the number of all of them.
    pub(crate) fn unparsed(&self, statements: &[Span]) -> BTreeSet<usize> {
        let unparsed = self.allows.iter().filter(|allow| allow.is_unparsed);
        unparsed.map(|allow| allow.above(statements)).collect()
    }

    fn set(&mut self, key: DirectiveKey, value: &str, at: usize) -> Result<(), DirectiveProblem> {
        let invalid = |expected| DirectiveProblem::Value { key, value: value.to_owned(), expected };
        let expected = |expected: &'static str| invalid(Some(expected));
        let reason = || quoted(value).map(|why| Reason { why, at }).ok_or(expected(WHY));
        match key {
            DirectiveKey::NoTransaction if value.is_empty() => self.no_transaction = true,
            DirectiveKey::NoTransaction => return Err(invalid(None)),
            DirectiveKey::Irreversible => self.irreversible = Some(reason()?),
            DirectiveKey::NothingToUndo => self.nothing_to_undo = Some(reason()?),
            DirectiveKey::NothingToDo => self.nothing_to_do = Some(reason()?),
            DirectiveKey::LockTimeout => self.lock_timeout = Some(duration(value).ok_or(expected(DURATION))?),
            DirectiveKey::StatementTimeout => {
                self.statement_timeout = Some(duration(value).ok_or(expected(DURATION))?);
            }
            DirectiveKey::Risk => {
                self.risk = Some(risk(value).ok_or(expected("`safe`, `controlled` or `high`"))?);
            }
            DirectiveKey::OlderBinaries => {
                self.older_binaries = Some(older_binaries(value).ok_or(expected("`ok` or `refuse`"))?);
            }
            DirectiveKey::ForeignKeys if value == "off" => self.foreign_keys_off = true,
            DirectiveKey::ForeignKeys => return Err(expected("`off`")),
            DirectiveKey::Allow => {
                let (hazard, why) = allow(value).ok_or(expected(ALLOW))?;
                self.allows.push(Allow { hazard: known(hazard)?, is_unparsed: false, why, at });
            }
            DirectiveKey::Unparsed => {
                let Reason { why, at } = reason()?;
                self.allows.push(Allow { hazard: Hazard::Unanalyzed, is_unparsed: true, why, at });
            }
        }
        Ok(())
    }
}

const ALLOW: &str = "the name of a hazard and a reason in double quotes";
const WHY: &str = "a reason in double quotes";
const DURATION: &str = "a number and `ms`, `s`, `min` or `h`, such as `5s`";

fn quoted(value: &str) -> Option<String> {
    let why = value.strip_prefix('"')?.strip_suffix('"')?.trim();
    (!why.is_empty()).then(|| why.to_owned())
}

fn risk(value: &str) -> Option<Risk> {
    match value {
        "safe" => Some(Risk::Safe),
        "controlled" => Some(Risk::Controlled),
        "high" => Some(Risk::High),
        _ => None,
    }
}

fn older_binaries(value: &str) -> Option<OlderBinaries> {
    match value {
        "ok" => Some(OlderBinaries::Ok),
        "refuse" => Some(OlderBinaries::Refuse),
        _ => None,
    }
}

fn allow(value: &str) -> Option<(&str, String)> {
    let (hazard, why) = value.split_once(char::is_whitespace)?;
    let is_name = hazard.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    is_name.then_some(())?;
    Some((hazard, quoted(why.trim())?))
}

fn known(name: &str) -> Result<Hazard, DirectiveProblem> {
    let unknown =
        || DirectiveProblem::UnknownHazard { name: name.to_owned(), closest: Hazard::closest(name) };
    Hazard::from_name(name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Engine, statement::scan};

    fn parse_up(sql: &str) -> (Directives, Vec<DirectiveProblem>) {
        let (directives, problems) = parse(sql, &scan(sql, Engine::Postgres), Part::Up);
        (directives, problems.into_iter().map(|(problem, _)| problem).collect())
    }

    #[test]
    fn every_key_is_read() {
        let sql = "-- A word about it.\n\
                   -- migrate: no-transaction\n\
                   --migrate:irreversible \"the old column is gone\"\n\
                   -- Migrate: lock-timeout 500ms\n\
                   --   migrate:   statement-timeout   30min\n\
                   -- migrate: allow drop-column  \"unused since 2.3\"\n\
                   -- migrate: risk high\n\
                   -- migrate: older-binaries ok\n\
                   -- migrate: foreign-keys off\n\
                   \n\
                   ALTER TABLE t DROP COLUMN a;\n\
                   -- migrate: allow drop-table \"empty\"\n\
                   DROP TABLE u;\n\
                   -- migrate: unparsed \"of a fork\"\n\
                   -- migrate: allow drop-table \"empty\"\n\
                   DROP TABLE v ONLINE;";
        let allow = |hazard, why: &str, at| Allow { hazard, is_unparsed: false, why: why.to_owned(), at };
        let want = Directives {
            no_transaction: true,
            irreversible: Some(Reason { why: "the old column is gone".to_owned(), at: 47 }),
            nothing_to_undo: None,
            nothing_to_do: None,
            lock_timeout: Some(Duration::from_millis(500)),
            statement_timeout: Some(Duration::from_secs(1800)),
            risk: Some(Risk::High),
            older_binaries: Some(OlderBinaries::Ok),
            foreign_keys_off: true,
            allows: vec![
                allow(Hazard::DropColumn, "unused since 2.3", 168),
                allow(Hazard::DropTable, "empty", 329),
                Allow { is_unparsed: true, ..allow(Hazard::Unanalyzed, "of a fork", 380) },
                allow(Hazard::DropTable, "empty", 413),
            ],
        };
        assert_eq!(parse_up(sql), (want, vec![]));
    }

    #[test]
    fn the_first_line_may_be_that_of_sqlx() {
        let (directives, problems) = parse_up("-- no-transaction\nVACUUM;");
        assert!(directives.no_transaction && problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn only_comments_hold_directives() {
        let sql = "-- migrate users to the new table\n-- migration: old\nSELECT '\n-- migrate: nonsense\n', $$\n\
                   -- migrate: nonsense\n$$ /*\n-- migrate: nonsense\n*/";
        assert_eq!(parse_up(sql), (Directives::default(), vec![]));
    }

    #[test]
    fn each_mistake_has_its_problem() {
        let text = str::to_owned;
        let cases = [
            (
                "-- migrate: no-transactoin",
                DirectiveProblem::Unknown {
                    key: text("no-transactoin"),
                    closest: Some(DirectiveKey::NoTransaction),
                },
            ),
            ("-- migrate:upper", DirectiveProblem::Unknown { key: text("upper"), closest: None }),
            (
                "-- migrate:up",
                DirectiveProblem::OtherTool { tool: "dbmate", line: text("-- migrate:up"), is_adopted: true },
            ),
            (
                "-- migrate no-transaction",
                DirectiveProblem::WithoutColon { key: DirectiveKey::NoTransaction },
            ),
            (
                "-- why\n-- no-transaction",
                DirectiveProblem::Foreign {
                    theirs: text("no-transaction"),
                    ours: DirectiveKey::NoTransaction,
                },
            ),
            (
                "-- migrate: nothing-to-undo \"x\"",
                DirectiveProblem::InWrongPart { key: DirectiveKey::NothingToUndo, belongs_to_down: true },
            ),
            (
                "-- migrate: risk safe\n-- migrate: risk high",
                DirectiveProblem::Twice { key: DirectiveKey::Risk },
            ),
            (
                "SELECT 1;\n-- migrate: risk safe",
                DirectiveProblem::BelowStatement { key: DirectiveKey::Risk },
            ),
            (
                "SELECT 1,\n-- migrate: allow rename \"y\"\n2",
                DirectiveProblem::InsideStatement { key: DirectiveKey::Allow },
            ),
        ];
        let unknown = |name: &str, closest| DirectiveProblem::UnknownHazard { name: text(name), closest };
        let hazards = [
            ("-- migrate: allow drop-colunm \"y\"", unknown("drop-colunm", Some("drop-column"))),
            ("-- migrate: allow x \"y\"", unknown("x", None)),
        ];
        for (sql, want) in cases.into_iter().chain(hazards) {
            assert_eq!(parse_up(sql).1, [want], "{sql}");
        }
        let values = [
            "no-transaction please",
            "irreversible",
            "unparsed",
            "unparsed why",
            "irreversible why",
            "irreversible \" \"",
            "lock-timeout 5",
            "lock-timeout s",
            "lock-timeout 5 s",
            "lock-timeout 3000000000ms",
            "risk medium",
            "older-binaries yes",
            "foreign-keys on",
            "allow",
            "allow \"why\"",
            "allow drop-table",
            "allow drop-table why",
        ];
        for value in values {
            let (_, problems) = parse_up(&format!("-- migrate: {value}"));
            assert!(matches!(problems[..], [DirectiveProblem::Value { .. }]), "{value}: {problems:?}");
        }
    }

    #[test]
    fn a_typo_is_recognized_and_prose_is_not() {
        let typos = [
            ("no-transactoin", "no-transaction"),
            ("no_transaction", "no-transaction"),
            ("noTransaction", "no-transaction"),
            ("No-Transaction", "no-transaction"),
            ("no-transactions", "no-transaction"),
            ("no-transaction:", "no-transaction"),
            ("transaction", "no-transaction"),
            ("ireversable", "irreversible"),
            ("irreversibel", "irreversible"),
            ("nothing_to_do", "nothing-to-do"),
            ("nothing-to-redo", "nothing-to-do"),
            ("lock_timeout", "lock-timeout"),
            ("lock-timout", "lock-timeout"),
            ("locktimeout", "lock-timeout"),
            ("statment-timeout", "statement-timeout"),
            ("alow", "allow"),
            ("allows", "allow"),
            ("risks", "risk"),
            ("unparse", "unparsed"),
            ("older-binary", "older-binaries"),
            ("foreign-key", "foreign-keys"),
        ];
        for (key, want) in typos {
            assert_eq!(closest(key).map(DirectiveKey::name), Some(want), "{key}");
        }
        let prose = [
            "see",
            "the",
            "this",
            "users",
            "all",
            "also",
            "note",
            "no",
            "nothing",
            "now",
            "lock",
            "timeout",
            "statement",
            "old",
            "older",
            "foreign",
            "reversed",
            "up",
            "down",
            "",
        ];
        for word in prose {
            assert_eq!(closest(word), None, "{word}");
        }
    }
}
