/// The outcome of [`Driver::note_schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    Done,
    /// The history was created before the library had a table for this.
    NoTable,
}

/// How to keep the schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Whether to create the table first. PostgreSQL checks the right to create even if the table exists.
    pub creates_table: bool,
    /// Whether changes by hand are kept as if a run had made them: drift is accepted.
    pub accepts: bool,
}
