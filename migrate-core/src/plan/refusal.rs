//! Every reason why a run is refused, each with what to do. A plan collects all of them, so a user sees them together.

use std::fmt;

use crate::{Direction, Version};

/// Why a run is refused, before anything runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "reason", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Refusal {
    /// A migration was edited after it was applied.
    Changed {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
    },
    /// A migration is older than one that is applied.
    OutOfOrder {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
        /// The newest that is applied.
        newest: Version,
    },
    /// An applied migration is not in the set, and does not say that older binaries may run.
    Unknown {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
    /// A migration was interrupted in the other direction.
    Interrupted {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
        /// Which of its scripts was interrupted.
        direction: Direction,
        /// Statements done.
        statements_done: usize,
    },
    /// A migration was interrupted, and statements that are done were edited since.
    DonePartChanged {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
        /// Statements done.
        statements_done: usize,
    },
    /// A run was cut off in a statement outside of a transaction, and nothing shows whether that statement was done.
    CutOff {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
        /// The number of the statement, from 1.
        statement: usize,
        /// How it begins. `None` if it was edited since.
        text: Option<String>,
    },
    /// The target is not in the set.
    UnknownTarget {
        /// The target.
        version: Version,
    },
    /// The target of a rollback is not applied.
    TargetNotApplied {
        /// The target.
        version: Version,
    },
    /// A migration to roll back is irreversible.
    Irreversible {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
        /// The reason that its author gave.
        why: Option<String>,
    },
    /// A script runs without transaction, and the whole run should be one transaction.
    WithoutTransaction {
        /// Its version.
        version: Version,
        /// Its file.
        path: String,
    },
    /// A migration is applied already, and a baseline is for a database without a history.
    AlreadyApplied {
        /// A version that is applied.
        version: Version,
        /// Its name.
        name: String,
    },
    /// A migration to roll back belongs to the baseline: no run applied it.
    Baseline {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
}

/// Every reason why a run is refused: never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Refusal>);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Changed { version, path } => write!(
                f,
                "migration {version} was edited after it was applied to this database\n --> {path}\n \
                 help: restore the file, and put the change in a new migration; where the edit changes nothing, \
                 `repair` accepts it"
            ),
            Refusal::OutOfOrder { version, path, newest } => write!(
                f,
                "migration {version} is pending, and {newest}, which comes after it, is applied\n --> {path}\n \
                 help: give it a version above {newest}, or allow it where the two do not touch: \
                 `--out-of-order`, in a program `out_of_order(OutOfOrder::Apply)`"
            ),
            Refusal::Unknown { version, name } => write!(
                f,
                "migration {version}_{name} is applied, and this binary does not contain it\n \
                 help: run a binary that does, or roll the migration back; one that says \
                 `-- migrate: older-binaries ok` lets older binaries run"
            ),
            Refusal::Interrupted { version, name, direction, statements_done } => {
                let (what, finish) = match direction {
                    Direction::Rollback => ("the rollback of migration", "roll back"),
                    Direction::Apply => ("migration", "migrate"),
                };
                write!(
                    f,
                    "{what} {version}_{name} was interrupted after {statements_done} \
                     statements\n help: {finish} first: it goes on where it stopped"
                )
            }
            Refusal::DonePartChanged { version, path, statements_done } => write!(
                f,
                "migration {version} stopped after {statements_done} statements, and these were edited since\n \
                 --> {path}\n help: restore them as they ran; only what comes behind them may be corrected"
            ),
            Refusal::CutOff { version, path, statement, text } => {
                write!(f, "migration {version} was cut off in its statement {statement}, ")?;
                match text {
                    Some(text) => write!(f, "and nothing tells whether that was done: {text}")?,
                    None => f.write_str("which was edited since")?,
                }
                write!(
                    f,
                    "\n --> {path}\n help: see in the database whether it was done, and that no session is still at it; \
                     then record that with `resolve --statement-done {version}` or \
                     `resolve --statement-undone {version}`: the next run goes on behind it, or with it"
                )
            }
            Refusal::UnknownTarget { version } => {
                write!(f, "the target {version} is no version of this set\n help: name one that is")
            }
            Refusal::TargetNotApplied { version } => write!(
                f,
                "the target {version} of the rollback is not applied\n help: name a version that is; it stays applied"
            ),
            Refusal::Irreversible { version, name, why } => {
                write!(f, "migration {version}_{name} is irreversible")?;
                why.iter().try_for_each(|why| write!(f, ": {why}"))?;
                f.write_str("\n help: restore a backup, or write a new migration that repairs what it did")
            }
            Refusal::WithoutTransaction { version, path } => write!(
                f,
                "migration {version} runs without transaction, and the whole run was to be one\n --> {path}\n \
                 help: run up to the migration before it, then this one without `single_transaction`"
            ),
            Refusal::AlreadyApplied { version, name } => write!(
                f,
                "migration {version}_{name} is applied, so this database needs no baseline\n \
                 help: record single migrations as applied with `resolve_applied`"
            ),
            Refusal::Baseline { version, name } => write!(
                f,
                "migration {version}_{name} is part of the baseline and was never applied by a run\n \
                 help: roll back to a version above it"
            ),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, refusal) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}
