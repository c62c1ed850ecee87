/// What other runners are kept from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The run, of the history with that key.
    Run(i64),
    /// A statement outside of transactions, where the lock of the run does not keep them from it.
    Alone,
}
