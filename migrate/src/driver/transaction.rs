use migrate_core::{Query, Step};

use super::{DatabaseError, Piece};

/// What commits together: the claim of a history row, a piece of a script, and the record of it.
#[derive(Debug)]
pub struct Transaction<'a> {
    pub claim: Vec<Query>,
    pub piece: Option<Piece<'a>>,
    pub record: Vec<Query>,
    /// Whether the step ends with it. Then the last record returns how many milliseconds the step took.
    pub ends_step: bool,
    /// Whether it begins with BEGIN and ends with COMMIT. When a whole run is one transaction, only the first part
    /// begins and only the last commits.
    pub begins: bool,
    pub commits: bool,
    /// The step that it belongs to.
    pub step: &'a Step,
}

impl<'a> Transaction<'a> {
    /// An empty transaction of this step.
    pub fn of(step: &'a Step) -> Transaction<'a> {
        Transaction {
            claim: Vec::new(),
            piece: None,
            record: Vec::new(),
            ends_step: false,
            begins: true,
            commits: true,
            step,
        }
    }
}

/// A transaction failed, and was rolled back.
#[derive(Debug)]
pub struct Failure {
    /// The number of the transaction.
    pub transaction: usize,
    pub stage: Stage,
    pub error: DatabaseError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The tables of the history are made ready, before the first step.
    Prepare,
    Claim,
    Script,
    Record,
    /// The end of the transaction, when deferred constraints are checked.
    Commit,
}
