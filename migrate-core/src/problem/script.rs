//! Problems of a script's statements: syntax, transactions, and what only psql can run.

use super::wording::Wording;
use crate::token::Quote;

/// A script that cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptProblem {
    /// A script has no statement.
    Empty,
    /// A script that declares `nothing-to-do` has statements.
    NothingToDo,
    /// A statement that the engine would not understand.
    Syntax {
        /// What does not fit.
        message: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// A quote or comment never ends.
    Unterminated {
        /// Which of them.
        quote: Quote,
    },
    /// A script begins or ends a transaction itself.
    TransactionControl {
        /// The statement's first words.
        statement: String,
    },
    /// A statement that cannot run in a transaction, in a script that runs in one.
    NeedsNoTransaction {
        /// The statement's first words.
        statement: String,
    },
    /// `COPY … FROM STDIN`, whose rows only psql sends.
    CopyFromStdin,
    /// A command to psql.
    PsqlCommand,
    /// PostgreSQL and SQLite split the script into different statements.
    SplitsDifferently,
}

impl ScriptProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            ScriptProblem::Empty => Wording::new(
                "empty-script",
                "the script has no statement",
                "write the migration, or say `-- migrate: nothing-to-do \"why\"` in it, or delete its files",
            ),
            ScriptProblem::NothingToDo => Wording::new(
                "nothing-to-do-with-statements",
                "declares that there is nothing to do, but has statements",
                "delete the statements or the directive",
            ),
            ScriptProblem::Syntax { message, hint } => Wording::new(
                "syntax",
                message.clone(),
                format!(
                    "{}\n else: if the server takes it, put `-- migrate: unparsed \"why\"` above the statement",
                    hint.as_deref().unwrap_or("correct the statement; the server would refuse it")
                ),
            ),
            ScriptProblem::Unterminated { quote } => {
                let (message, help) = match quote {
                    Quote::String => ("this string never ends", "close it"),
                    Quote::Identifier => ("this quoted identifier never ends", "close it"),
                    Quote::Dollar => {
                        ("this dollar-quoted string never ends", "close it with the same tag that opens it")
                    }
                    Quote::Comment => ("this comment never ends", "close it"),
                };
                Wording::new("unterminated", message, help)
            }
            ScriptProblem::TransactionControl { statement } => Wording::new(
                "transaction-control",
                format!("the script begins or ends a transaction itself: {statement}"),
                "delete the statement: the run commits the script together with its history row",
            ),
            ScriptProblem::NeedsNoTransaction { statement } => Wording::new(
                "needs-no-transaction",
                format!("{statement} cannot run inside a transaction"),
                "put `-- migrate: no-transaction` at the top of the file",
            ),
            ScriptProblem::CopyFromStdin => Wording::new(
                "copy-from-stdin",
                "COPY … FROM STDIN needs rows that only psql sends",
                "write INSERT statements",
            ),
            ScriptProblem::PsqlCommand => Wording::new(
                "psql-command",
                "a psql command, not SQL",
                "delete the line, or write the SQL it stands for",
            ),
            ScriptProblem::SplitsDifferently => Wording::new(
                "splits-differently",
                "PostgreSQL and SQLite split this script into different statements",
                "use only what both engines read alike, or set `dialect` to one of them",
            ),
        }
    }
}
