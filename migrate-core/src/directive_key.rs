//! The directives: one line for each, with the scripts that it may be in and an example. A key that is listed here and not
//! handled in `directive` does not compile.

use std::fmt;

use crate::file_name::Part;

macro_rules! keys {
    ($($(#[$doc:meta])* $variant:ident $name:literal in [$($part:ident)*] as $example:literal,)*) => {
        /// What a `-- migrate:` comment can say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum DirectiveKey {
            $($(#[$doc])* $variant,)*
        }

        impl DirectiveKey {
            /// All of them.
            pub const ALL: &'static [DirectiveKey] = &[$(DirectiveKey::$variant),*];

            /// Its name, such as `no-transaction`.
            pub const fn name(self) -> &'static str {
                match self { $(DirectiveKey::$variant => $name),* }
            }

            /// The parts of a migration that may have it.
            pub(crate) const fn parts(self) -> &'static [Part] {
                match self { $(DirectiveKey::$variant => &[$(Part::$part),*]),* }
            }

            /// How it is written, with its value.
            pub(crate) const fn example(self) -> &'static str {
                match self { $(DirectiveKey::$variant => $example),* }
            }
        }
    };
}

keys! {
    /// Each statement runs on its own, not in one transaction.
    NoTransaction "no-transaction" in [Up Down] as "no-transaction",
    /// The migration has no rollback script.
    Irreversible "irreversible" in [Up] as "irreversible \"the old column is gone\"",
    /// The rollback script has no statement, on purpose.
    NothingToUndo "nothing-to-undo" in [Down] as "nothing-to-undo \"the rows were wrong\"",
    /// The script that applies the migration has no statement, on purpose.
    NothingToDo "nothing-to-do" in [Up] as "nothing-to-do \"the change was made by hand\"",
    /// How long a statement may wait for a lock.
    LockTimeout "lock-timeout" in [Up Down Verify] as "lock-timeout 5s",
    /// How long a statement may run.
    StatementTimeout "statement-timeout" in [Up Down Verify] as "statement-timeout 30min",
    /// A hazard that the author accepts.
    Allow "allow" in [Up Down Verify] as "allow drop-column \"unused since 2.3\"",
    /// A statement that the engine takes, and this library cannot read.
    Unparsed "unparsed" in [Up Down Verify] as "unparsed \"an index option of PostgreSQL 19\"",
    /// The risk as the author sees it.
    Risk "risk" in [Up] as "risk controlled",
    /// Whether binaries that do not know the migration may run on the schema that it leaves.
    OlderBinaries "older-binaries" in [Up] as "older-binaries ok",
    /// SQLite checks no foreign keys while the script runs.
    ForeignKeys "foreign-keys" in [Up Down] as "foreign-keys off",
}

impl DirectiveKey {
    /// Whether it may be about a single statement: above any of them, and more than once.
    pub(crate) fn may_be_of_statement(self) -> bool {
        matches!(self, DirectiveKey::Allow | DirectiveKey::Unparsed)
    }

    /// The directive of that name.
    pub fn from_name(name: &str) -> Option<DirectiveKey> {
        DirectiveKey::ALL.iter().copied().find(|key| key.name() == name)
    }
}

impl fmt::Display for DirectiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
