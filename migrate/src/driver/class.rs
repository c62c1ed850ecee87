/// What an error of the database means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The transaction may succeed when it is run again.
    Transient,
    /// A lock was not free in the time that a try waits for it.
    Blocked,
    /// The statement has to run outside of a transaction, which was not known before. The transaction has done nothing.
    NeedsToBeAlone,
    /// Another runner was faster: the history is not what the plan was made from, or its tables are there already.
    Overtaken,
    /// The schema of the history does not exist.
    MissingSchema,
    /// None of these: the run fails.
    Final,
}
