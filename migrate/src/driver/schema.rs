/// Which rows of the schema are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The schema as it is: what [`HistoryTable::fingerprint`](migrate_core::HistoryTable::fingerprint) asks for.
    Present,
    /// That, and the schema as the runs left it: the rows of a [`KeptSchema`](migrate_core::KeptSchema).
    Kept,
}
