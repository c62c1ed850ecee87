/// What became of [`Driver::note_schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    Done,
    /// The history is older than the table that it would be noted in.
    NoTable,
}

/// How the schema is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Whether the table is created before, which needs the right to even where there is one.
    pub creates_table: bool,
    /// Whether changes by hand are kept as if a run had made them.
    pub accepts: bool,
}
