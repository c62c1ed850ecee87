//! From the bytes of one file to a [`Script`], with its directives and problems. `SELECT 1; COMMIT` gives a script of two
//! statements and the problem that a script may not control its transaction, at byte 10.

use std::borrow::Cow;

use super::text::{self, NoText};
use crate::beginnings::Beginnings;
use crate::dialect::{postgres, sqlite};
use crate::directive::{self, Directives};
use crate::engine::Engine;
use crate::file_name::Part;
use crate::problem::{Problem, ScriptProblem};
use crate::statement::{Scan, Scanned, scan};
use crate::token::Quote;
use crate::{Checksum, Dialect, Execution, Script};

/// A script as far as it could be read, and its problems, each with its byte offset if it has one place.
pub(super) struct Parsed {
    pub(super) script: Script,
    pub(super) directives: Directives,
    pub(super) problems: Vec<(Problem, Option<usize>)>,
}

/// Reads a script from the bytes of its file. `transaction` comes from `metadata.toml` (diesel's form) or is true.
pub(super) fn parse(path: &str, bytes: &[u8], part: Part, dialect: Dialect, transaction: bool) -> Parsed {
    match text::of_script(bytes) {
        Ok(text) => Parsed::new(path, &text, part, dialect, transaction),
        // A file that is not text has no statements to look at.
        Err(NoText { problem, shown, at }) => {
            let mut parsed = Parsed::new(path, "", part, dialect, transaction);
            parsed.script.sql = shown.into();
            parsed.problems.push((problem.into(), at));
            parsed
        }
    }
}

/// Reads a script that a history row recorded. It was checked before it was recorded.
pub(crate) fn parse_recorded(sql: &str, engine: Engine, transaction: bool) -> Script {
    let dialect = match engine {
        Engine::Postgres => Dialect::Postgres,
        Engine::Sqlite => Dialect::Sqlite,
    };
    Parsed::new("", sql, Part::Down, dialect, transaction).script
}

impl Script {
    /// Reads a script that is not in a file. Its problems are not reported.
    #[doc(hidden)]
    pub fn of_text(sql: &str, engine: Engine, transaction: bool) -> Script {
        parse_recorded(sql, engine, transaction)
    }
}

/// A problem and the byte where it is.
type Located = (ScriptProblem, usize);

impl Parsed {
    fn new(path: &str, sql: &str, part: Part, dialect: Dialect, transaction: bool) -> Parsed {
        let scans: Vec<(Engine, Scan)> =
            dialect.engines().iter().map(|engine| (*engine, scan(sql, *engine))).collect();
        let first = &scans[0].1;
        let (directives, misread) = directive::parse(sql, first, part);
        let transaction = transaction && !directives.no_transaction;
        let execution = execution(&directives, &scans, sql, transaction);
        let misread = misread.into_iter().map(|(problem, at)| (Problem::from(problem), Some(at)));
        let of_statements = statement_problems(&scans, sql, transaction).into_iter();
        let of_statements = of_statements.map(|(problem, at)| (Problem::from(problem), Some(at)));
        let mut problems: Vec<_> = misread.chain(of_statements).collect();
        problems.sort_by_key(|(_, at)| *at);
        let script = Script {
            path: Cow::Owned(path.to_owned()),
            checksum: Checksum::of(sql),
            statements: first.statements.iter().map(|statement| statement.span).collect(),
            sql: Cow::Owned(sql.to_owned()),
            execution,
            beginnings: Beginnings::default(),
        };
        Parsed { script, directives, problems }
    }
}

fn execution(directives: &Directives, scans: &[(Engine, Scan)], sql: &str, transaction: bool) -> Execution {
    let any = |engine, test: &dyn Fn(&Scanned) -> bool| {
        scans.iter().any(|(of, scan)| *of == engine && scan.statements.iter().any(test))
    };
    Execution {
        transaction,
        lock_timeout: directives.lock_timeout,
        statement_timeout: directives.statement_timeout,
        foreign_keys_off: directives.foreign_keys_off
            || any(Engine::Sqlite, &|s| sqlite::turns_foreign_keys_off(&s.words, s.span.of(sql))),
        changes_session: any(Engine::Postgres, &|s| postgres::changes_session(&s.words)),
    }
}

/// The problems of the statements, by the rules of the first engine that finds some.
fn statement_problems(scans: &[(Engine, Scan)], sql: &str, transaction: bool) -> Vec<Located> {
    let found = scans.iter().map(|(engine, scan)| engine_problems(*engine, scan, sql, transaction));
    let problems = found.into_iter().find(|problems| !problems.is_empty()).unwrap_or_default();
    let spans = |scan: &Scan| scan.statements.iter().map(|statement| statement.span).collect::<Vec<_>>();
    let differs = scans.windows(2).find_map(|pair| {
        let (a, b) = (spans(&pair[0].1), spans(&pair[1].1));
        let at = a
            .iter()
            .zip(&b)
            .position(|(a, b)| a != b)
            .or((a.len() != b.len()).then(|| a.len().min(b.len())))?;
        Some(a.get(at).or(b.get(at))?.start())
    });
    match differs {
        Some(at) if problems.is_empty() => vec![(ScriptProblem::SplitsDifferently, at)],
        _ => problems,
    }
}

fn engine_problems(engine: Engine, scan: &Scan, sql: &str, transaction: bool) -> Vec<Located> {
    let unterminated = scan.unterminated.map(|(quote, at)| (ScriptProblem::Unterminated { quote }, at));
    let unterminated = unterminated.filter(|(problem, _)| {
        !engine.closes_comment_at_end() || *problem != ScriptProblem::Unterminated { quote: Quote::Comment }
    });
    let of_statements = scan.statements.iter().enumerate().filter_map(|(number, statement)| {
        let before = &scan.statements[..number];
        let problem = statement_problem(engine, statement, before, sql, transaction)?;
        Some((problem, statement.span.start()))
    });
    of_statements.chain(unterminated).collect()
}

fn statement_problem(
    engine: Engine,
    statement: &Scanned,
    before: &[Scanned],
    sql: &str,
    transaction: bool,
) -> Option<ScriptProblem> {
    let words = &statement.words;
    let refuses = || {
        // The slot was taken from the subscription before: then nothing is dropped on the publisher.
        let has_no_slot = words.starts_with(&["DROP", "SUBSCRIPTION"])
            && before.iter().any(|one| one.words.pairs().any(|pair| pair == ("SLOT_NAME", "NONE")));
        !has_no_slot && postgres::refuses_transaction(words, statement.span.of(sql))
    };
    let (controls, refuses) = match engine {
        Engine::Postgres => (postgres::controls_transaction(words), refuses()),
        Engine::Sqlite => (sqlite::controls_transaction(words), sqlite::refuses_transaction(words)),
    };
    if controls {
        Some(ScriptProblem::TransactionControl { statement: first_words(statement.span.of(sql)) })
    } else if refuses && transaction {
        Some(ScriptProblem::NeedsNoTransaction { statement: first_words(statement.span.of(sql)) })
    } else if engine.copies_from_client() && postgres::copies_from_stdin(words) {
        Some(ScriptProblem::CopyFromStdin)
    } else if words.get(0) == "\\" {
        Some(ScriptProblem::PsqlCommand)
    } else {
        None
    }
}

/// The first line of a statement, shortened.
pub(crate) fn first_words(statement: &str) -> String {
    let words: Vec<&str> = statement.lines().next().unwrap_or_default().split_whitespace().take(5).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(bytes: &[u8], dialect: Dialect) -> Vec<(Problem, Option<usize>)> {
        parse("1_x.up.sql", bytes, Part::Up, dialect, true).problems
    }

    #[test]
    fn statements_that_cannot_run() {
        let text = str::to_owned;
        let cases = [
            (
                "SELECT 1; COMMIT; SELECT 2",
                ScriptProblem::TransactionControl { statement: text("COMMIT") },
                10,
            ),
            ("VACUUM t;", ScriptProblem::NeedsNoTransaction { statement: text("VACUUM t") }, 0),
            (
                "DROP SUBSCRIPTION s",
                ScriptProblem::NeedsNoTransaction { statement: text("DROP SUBSCRIPTION s") },
                0,
            ),
            ("COPY t (a) FROM stdin;\n1\n\\.", ScriptProblem::CopyFromStdin, 0),
            ("\\connect db\nSELECT 1;", ScriptProblem::PsqlCommand, 0),
            ("SELECT $a$ $b$;", ScriptProblem::Unterminated { quote: Quote::Dollar }, 7),
        ];
        for (sql, problem, at) in cases {
            assert_eq!(problems(sql.as_bytes(), Dialect::Postgres)[0], (problem.into(), Some(at)), "{sql}");
        }
        assert_eq!(problems(b"-- migrate: no-transaction\nVACUUM t;", Dialect::Postgres), []);
        let without_slot = b"ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s";
        assert_eq!(problems(without_slot, Dialect::Postgres), []);
        assert_eq!(problems(b"SELECT 1; /* open", Dialect::Sqlite), []);
        assert_eq!(problems(b"SELECT 1; /* open", Dialect::Postgres).len(), 1);
    }

    #[test]
    fn a_script_for_any_engine_must_be_one_to_both() {
        let same = b"CREATE TABLE t (id int); INSERT INTO t VALUES (1);";
        let other = b"SELECT 1; CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;";
        assert_eq!(problems(same, Dialect::Any), []);
        assert!(matches!(
            problems(other, Dialect::Any)[..],
            [(Problem::Script(ScriptProblem::TransactionControl { .. }), Some(61))]
        ));
        assert_eq!(
            problems(b"SELECT 1; SELECT [a;b]", Dialect::Any),
            [(ScriptProblem::SplitsDifferently.into(), Some(10))]
        );
    }

    #[test]
    fn execution_comes_from_directives_metadata_and_statements() {
        let execution = |sql: &str, dialect, transaction| {
            parse("x", sql.as_bytes(), Part::Up, dialect, transaction).script.execution()
        };
        assert_eq!(execution("SELECT 1", Dialect::Postgres, true), Execution::PLAIN);
        assert!(!execution("-- migrate: no-transaction\nSELECT 1", Dialect::Postgres, true).transaction);
        assert!(!execution("SELECT 1", Dialect::Postgres, false).transaction);
        assert!(execution("SET ROLE x", Dialect::Postgres, true).changes_session);
        assert!(execution("SELECT 1; PRAGMA foreign_keys=OFF;", Dialect::Sqlite, true).foreign_keys_off);
        assert!(!execution("PRAGMA foreign_keys=OFF;", Dialect::Postgres, true).foreign_keys_off);
    }
}
