//! The hazards: what a migration can do to a database that is in use, each with its name, its page and its risk.
//!
//! `Hazard::DropColumn` has the name `drop-column`, the page `docs/hazards/drop-column.md` and the risk high. A rule may
//! find it with another risk, if the circumstances make the harm less. The set that the macro embeds keeps each as a
//! [`FoundHazard`], so `plan` and `status` show it without a parser: `line 3: drop-column, risk high`.

use std::borrow::Cow;
use std::fmt;

use crate::closest::closest_of;
use crate::risk::Risk;

macro_rules! hazards {
    ($($(#[$doc:meta])* $variant:ident $name:literal $risk:ident,)*) => {
        /// A way in which a statement can hurt a database that is in use, or the code that uses it.
        ///
        /// Its name is what `-- migrate: allow <hazard> "why"` and `[hazards]` in `migrate.toml` call it, and the name
        /// of its page in `docs/hazards/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Hazard {
            $($(#[$doc])* $variant,)*
        }

        impl Hazard {
            /// All hazards.
            pub const ALL: &'static [Hazard] = &[$(Hazard::$variant),*];

            /// Its name, such as `drop-column`.
            pub const fn name(self) -> &'static str {
                match self { $(Hazard::$variant => $name),* }
            }

            /// How much harm it does, unless the circumstances make it less.
            pub const fn risk(self) -> Risk {
                match self { $(Hazard::$variant => Risk::$risk),* }
            }
        }
    };
}

hazards! {
    /// `ATTACH PARTITION` reads all rows of the partition.
    AttachScan "attach-scan" High,
    /// Adding a CHECK reads all rows while no one can use the table.
    CheckValidate "check-validate" High,
    /// Triggers, foreign keys or CHECKs are switched off while the script writes.
    ChecksOff "checks-off" High,
    /// A column of a domain with a constraint rewrites the table.
    ConstrainedDomain "constrained-domain" High,
    /// Deleting rows also deletes rows of other tables (SQLite).
    DeleteCascade "delete-cascade" High,
    /// Attaching a partition reads all rows of the default partition.
    DefaultPartitionScan "default-partition-scan" High,
    /// Detaching a partition stops all use of the parent.
    DetachBlocking "detach-blocking" Controlled,
    /// A constraint of a domain reads every table that uses it.
    DomainValidate "domain-validate" High,
    /// The server refuses a statement of the rollback.
    DownFails "down-fails" High,
    /// The rollback drops what was there before the migration.
    DownLossy "down-lossy" Controlled,
    /// The rollback leaves another schema than there was before the migration.
    DownMismatch "down-mismatch" Controlled,
    /// CASCADE drops what the statement does not name.
    DropCascade "drop-cascade" High,
    /// The column's data is lost, and running code that uses it fails.
    DropColumn "drop-column" High,
    /// Running code may rely on the default.
    DropDefault "drop-default" Controlled,
    /// Running code may not expect NULL.
    DropNotNull "drop-not-null" Controlled,
    /// A schema with everything in it is lost.
    DropSchema "drop-schema" High,
    /// The table's data is lost, and running code that uses it fails.
    DropTable "drop-table" High,
    /// Running code that uses the object fails.
    DropView "drop-view" High,
    /// A value of an enum cannot be removed again.
    EnumAdd "enum-add" Controlled,
    /// Running code uses the value by its old name.
    EnumRename "enum-rename" High,
    /// A new value of an enum cannot be used in the transaction that adds it.
    EnumSameTransaction "enum-same-tx" High,
    /// An exclusion constraint builds its index while no one can use the table.
    ExcludeBuild "exclude-build" High,
    /// A lock that the script takes by hand stops others until the end of the transaction.
    ExplicitLock "explicit-lock" High,
    /// Deleting a row of the other table reads this one from end to end.
    FkIndex "fk-index" Controlled,
    /// Two tables are locked at once.
    FkTwoTables "fk-two-tables" Controlled,
    /// Adding a foreign key reads all rows while no one can write to either table.
    FkValidate "fk-validate" High,
    /// A role loses a right.
    GrantRevoke "grant-revoke" Controlled,
    /// A block changes the schema, or its effect cannot be seen.
    HiddenDdl "hidden-ddl" High,
    /// The server cuts a name that is too long, without an error.
    IdentifierTooLong "identifier-too-long" Controlled,
    /// Building an index stops all writes to the table.
    IndexBlocking "index-blocking" High,
    /// An index that is built concurrently must be alone, and may be left invalid.
    IndexConcurrent "index-concurrent" Controlled,
    /// Queries that used the index become slow.
    IndexDrop "index-drop" Controlled,
    /// An index of a partitioned table cannot be built concurrently.
    IndexPartitioned "index-partitioned" High,
    /// The CHECK of a new column reads all rows while no one can use the table.
    InlineCheck "inline-check" High,
    /// The index of a new column is built while no one can use the table.
    InlineUnique "inline-unique" High,
    /// Long work runs while a lock of an earlier statement stops others.
    LockThenWork "lock-then-work" High,
    /// VALIDATE reads all rows, but stops neither readers nor writers.
    LongValidate "long-validate" Controlled,
    /// A script without a transaction makes something that ends with the session.
    LostSession "lost-session" Controlled,
    /// No one can read a materialized view during its refresh.
    MatviewRefresh "matview-refresh" High,
    /// Running code may write what the new constraint refuses.
    NewWriteLimit "new-write-limit" Controlled,
    /// The declared server does not know this syntax yet.
    NewerSyntax "newer-syntax" High,
    /// A primary key from an index reads all rows when its columns may be NULL.
    PkNullable "pk-nullable" High,
    /// The new form of a table lacks a constraint of the old one (SQLite).
    RebuildConstraint "rebuild-constraint" Controlled,
    /// A rebuild loses or mixes up the values of a column that stays (SQLite).
    RebuildColumn "rebuild-column" High,
    /// A rebuild with foreign keys on deletes the rows that refer to the table, or fails (SQLite).
    RebuildForeignKeys "rebuild-foreign-keys" High,
    /// An index of the old table is not created again (SQLite).
    RebuildIndex "rebuild-index" High,
    /// References to the old table follow it to its new name (SQLite).
    RebuildReference "rebuild-reference" High,
    /// A rebuild does not copy all rows (SQLite).
    RebuildRows "rebuild-rows" High,
    /// A trigger of the old table is not created again (SQLite).
    RebuildTrigger "rebuild-trigger" High,
    /// A view or trigger names the table while it is not there, and the rebuild fails (SQLite).
    RebuildView "rebuild-view" High,
    /// REINDEX stops writes, and reads that use the index.
    ReindexBlocking "reindex-blocking" High,
    /// Running code uses the object by its old name.
    Rename "rename" High,
    /// A NOT NULL column without a default fails on a table with rows.
    RequiredColumn "required-column" High,
    /// Row-level security hides all rows from those without a policy.
    RlsEnable "rls-enable" High,
    /// The owner, or one more policy, bypasses the row-level security of a tenant's table.
    RlsNotForced "rls-not-forced" Controlled,
    /// A policy changes which rows running code sees.
    RlsPolicy "rls-policy" Controlled,
    /// A policy reads its setting in a way that fails or is slow.
    RlsSetting "rls-setting" Controlled,
    /// A sequence that is set back returns numbers a second time.
    SequenceReset "sequence-reset" Controlled,
    /// A serial or identity column rewrites the table.
    SerialColumn "serial-column" High,
    /// SET NOT NULL reads all rows while no one can use the table.
    SetNotNull "set-not-null" High,
    /// An instant change that waits for long queries, and makes every later query wait.
    ShortExclusive "short-ael" Controlled,
    /// Rows are deleted for good in spite of a soft delete.
    SoftDeleteCascade "soft-delete-cascade" Controlled,
    /// An index on the deletion mark alone helps no query for live rows.
    SoftDeleteIndex "soft-delete-index" Controlled,
    /// A deleted row keeps its unique value for ever.
    SoftDeleteUnique "soft-delete-unique" Controlled,
    /// A stored generated column rewrites the table.
    StoredColumn "stored-column" High,
    /// VACUUM FULL, CLUSTER and the like rewrite the table while no one can use it.
    TableRewrite "table-rewrite" High,
    /// A new table has no tenant column and is not declared global.
    TenantColumn "tenant-column" Controlled,
    /// A foreign key between tables of tenants can refer to another tenant's row.
    TenantForeignKey "tenant-foreign-key" Controlled,
    /// A table has no key of the tenant and the row's number that foreign keys can refer to.
    TenantKey "tenant-key" Controlled,
    /// A view bypasses the policies of a tenant's table.
    TenantView "tenant-view" Controlled,
    /// A timeout is switched off.
    TimeoutDisabled "timeout-disabled" Controlled,
    /// A trigger changes what every write does.
    Trigger "trigger" Controlled,
    /// All rows are lost.
    Truncate "truncate" High,
    /// A change of type reads all rows again.
    TypeRecheck "type-recheck" High,
    /// A change of type rebuilds indexes.
    TypeReindex "type-reindex" High,
    /// A change of type rewrites the table, or what running code reads.
    TypeRewrite "type-rewrite" High,
    /// No rule knows what the statement does.
    Unanalyzed "unanalyzed" High,
    /// Every row of a table is changed in one transaction.
    UnboundedDml "unbounded-dml" High,
    /// A unique constraint builds its index while no one can use the table.
    UniqueBuild "unique-build" High,
    /// The server refuses a statement of the migration.
    UpFails "up-fails" High,
    /// A default that is computed for each row rewrites the table.
    VolatileDefault "volatile-default" High,
}

impl Hazard {
    /// Whether the hazard is about a rollback script.
    pub(crate) fn is_of_rollback(self) -> bool {
        matches!(self, Hazard::DownFails | Hazard::DownLossy | Hazard::DownMismatch)
    }

    /// The hazard of that name.
    pub fn from_name(name: &str) -> Option<Hazard> {
        Hazard::ALL.iter().copied().find(|hazard| hazard.name() == name)
    }

    /// The name that was probably meant by an unknown one.
    pub(crate) fn closest(name: &str) -> Option<&'static str> {
        closest_of(Hazard::ALL.iter().map(|hazard| hazard.name()), name)
    }

    /// The command that prints its page: the problem, the lock, the safer form, the source.
    pub fn explanation(self) -> String {
        format!("cargo migrate explain {}", self.name())
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Hazard {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A hazard of a migration, as the set stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FoundHazard {
    /// Which hazard.
    pub hazard: Hazard,
    /// How much harm it does here.
    pub risk: Risk,
    /// The line of the script that applies the migration.
    pub line: u32,
    /// Why the author allows it: the reason in `-- migrate: allow`.
    pub allowed: Option<Cow<'static, str>>,
}

impl fmt::Display for FoundHazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}, risk {}", self.line, self.hazard, self.risk)?;
        self.allowed.iter().try_for_each(|why| write!(f, ", allowed: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for hazard in Hazard::ALL {
            assert_eq!(Hazard::from_name(hazard.name()), Some(*hazard));
        }
        assert_eq!(Hazard::from_name("drop-colunm"), None);
    }

    fn document(path: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn each_has_its_page_and_its_line_in_the_list() {
        let list = document("docs/hazards/README.md");
        for hazard in Hazard::ALL {
            assert!(
                document(&format!("docs/hazards/{hazard}.md")).starts_with(&format!("# {hazard}\n")),
                "{hazard}"
            );
            let line = format!("\n| [{hazard}]({hazard}.md) | {} | ", hazard.risk());
            assert_eq!(list.matches(&line).count(), 1, "{hazard}");
        }
        assert_eq!(list.matches("\n| [").count(), Hazard::ALL.len(), "no other line");
    }
}
