//! What a migration can do to a database that is in use.

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
            /// All of them.
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
    /// Adding a CHECK reads all rows while nobody can use the table.
    CheckValidate "check-validate" High,
    /// A column of a domain with a constraint rewrites the table.
    ConstrainedDomain "constrained-domain" High,
    /// Rows of other tables go with those that are deleted (SQLite).
    DeleteCascade "delete-cascade" High,
    /// Attaching a partition reads all rows of the default partition.
    DefaultPartitionScan "default-partition-scan" High,
    /// Detaching a partition stops all use of the parent.
    DetachBlocking "detach-blocking" Controlled,
    /// A constraint of a domain reads every table that uses it.
    DomainValidate "domain-validate" High,
    /// The rollback drops what was there before the migration.
    DownLossy "down-lossy" Controlled,
    /// The rollback leaves something of the migration behind.
    DownMismatch "down-mismatch" Controlled,
    /// CASCADE drops what the statement does not name.
    DropCascade "drop-cascade" High,
    /// The column's data is lost, and running code that uses it fails.
    DropColumn "drop-column" High,
    /// Running code may count on the default.
    DropDefault "drop-default" Controlled,
    /// Running code may not expect NULL.
    DropNotNull "drop-not-null" Controlled,
    /// A schema with all that is in it is lost.
    DropSchema "drop-schema" High,
    /// The table's data is lost, and running code that uses it fails.
    DropTable "drop-table" High,
    /// Running code that uses the object fails.
    DropView "drop-view" High,
    /// A value of an enum cannot be removed again.
    EnumAdd "enum-add" Controlled,
    /// Running code knows the value by its old name.
    EnumRename "enum-rename" High,
    /// A new value of an enum cannot be used in the transaction that adds it.
    EnumSameTransaction "enum-same-tx" High,
    /// An exclusion constraint builds its index while nobody can use the table.
    ExcludeBuild "exclude-build" High,
    /// A lock that the script takes by hand stops others until the end of the transaction.
    ExplicitLock "explicit-lock" High,
    /// Deleting a row of the other table reads this one from end to end.
    FkIndex "fk-index" Controlled,
    /// Two tables are locked at once.
    FkTwoTables "fk-two-tables" Controlled,
    /// Adding a foreign key reads all rows while nobody can write to either table.
    FkValidate "fk-validate" High,
    /// Somebody loses a right.
    GrantRevoke "grant-revoke" Controlled,
    /// A block changes the schema, or what it does cannot be seen.
    HiddenDdl "hidden-ddl" High,
    /// A name longer than the server keeps is cut in silence.
    IdentifierTooLong "identifier-too-long" Controlled,
    /// Building an index stops all writes to the table.
    IndexBlocking "index-blocking" High,
    /// An index that is built concurrently must be alone, and may be left invalid.
    IndexConcurrent "index-concurrent" Controlled,
    /// Queries that used the index become slow.
    IndexDrop "index-drop" Controlled,
    /// An index of a partitioned table cannot be built concurrently.
    IndexPartitioned "index-partitioned" High,
    /// The CHECK of a new column reads all rows while nobody can use the table.
    InlineCheck "inline-check" High,
    /// The index of a new column is built while nobody can use the table.
    InlineUnique "inline-unique" High,
    /// Long work while a lock of an earlier statement stops others.
    LockThenWork "lock-then-work" High,
    /// VALIDATE reads all rows; nobody waits for it.
    LongValidate "long-validate" Controlled,
    /// A script without transaction makes what ends with the session.
    LostSession "lost-session" Controlled,
    /// Nobody can read a materialized view that is being refreshed.
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
    /// An index of the old table is not made again (SQLite).
    RebuildIndex "rebuild-index" High,
    /// What refers to the old table follows it to its new name (SQLite).
    RebuildReference "rebuild-reference" High,
    /// A rebuild does not copy all rows (SQLite).
    RebuildRows "rebuild-rows" High,
    /// A trigger of the old table is not made again (SQLite).
    RebuildTrigger "rebuild-trigger" High,
    /// A view or trigger names the table while it is not there, and the rebuild fails (SQLite).
    RebuildView "rebuild-view" High,
    /// REINDEX stops writes, and reads that use the index.
    ReindexBlocking "reindex-blocking" High,
    /// Running code knows it by its old name.
    Rename "rename" High,
    /// A NOT NULL column without a default fails on a table with rows.
    RequiredColumn "required-column" High,
    /// Row-level security hides all rows from those without a policy.
    RlsEnable "rls-enable" High,
    /// The owner, or one more policy, gets around the row-level security of a tenant's table.
    RlsNotForced "rls-not-forced" Controlled,
    /// A policy changes which rows running code sees.
    RlsPolicy "rls-policy" Controlled,
    /// A policy reads its setting in a way that fails or is slow.
    RlsSetting "rls-setting" Controlled,
    /// A sequence that is set back hands out numbers a second time.
    SequenceReset "sequence-reset" Controlled,
    /// A serial or identity column rewrites the table.
    SerialColumn "serial-column" High,
    /// SET NOT NULL reads all rows while nobody can use the table.
    SetNotNull "set-not-null" High,
    /// Instant, but waits for long queries and lets everybody wait behind it.
    ShortExclusive "short-ael" Controlled,
    /// Rows are deleted for good behind a soft delete.
    SoftDeleteCascade "soft-delete-cascade" Controlled,
    /// An index on the deletion mark alone helps no query for live rows.
    SoftDeleteIndex "soft-delete-index" Controlled,
    /// A deleted row keeps its unique value for ever.
    SoftDeleteUnique "soft-delete-unique" Controlled,
    /// A stored generated column rewrites the table.
    StoredColumn "stored-column" High,
    /// VACUUM FULL, CLUSTER and the like rewrite the table while nobody can use it.
    TableRewrite "table-rewrite" High,
    /// A new table has no tenant column and is not declared global.
    TenantColumn "tenant-column" Controlled,
    /// A foreign key between tables of tenants can point at another tenant's row.
    TenantForeignKey "tenant-foreign-key" Controlled,
    /// No key of the tenant and the row's number, for others to refer to.
    TenantKey "tenant-key" Controlled,
    /// A view gets around the policies of a tenant's table.
    TenantView "tenant-view" Controlled,
    /// A timeout is switched off.
    TimeoutDisabled "timeout-disabled" Controlled,
    /// A trigger changes what every write does.
    Trigger "trigger" Controlled,
    /// All rows are lost.
    Truncate "truncate" High,
    /// A change of type reads all rows again.
    TypeRecheck "type-recheck" High,
    /// A change of type builds indexes anew.
    TypeReindex "type-reindex" High,
    /// A change of type rewrites the table, or what running code reads.
    TypeRewrite "type-rewrite" High,
    /// What a statement does is not known here.
    Unanalyzed "unanalyzed" High,
    /// Every row of a table is changed in one transaction.
    UnboundedDml "unbounded-dml" High,
    /// A unique constraint builds its index while nobody can use the table.
    UniqueBuild "unique-build" High,
    /// A default that is computed for each row rewrites the table.
    VolatileDefault "volatile-default" High,
}

impl Hazard {
    /// Whether it is about what a rollback does not bring back.
    pub(crate) fn is_of_rollback(self) -> bool {
        matches!(self, Hazard::DownLossy | Hazard::DownMismatch)
    }

    /// The hazard of that name.
    pub fn from_name(name: &str) -> Option<Hazard> {
        Hazard::ALL.iter().copied().find(|hazard| hazard.name() == name)
    }

    /// The name that was meant, of one that there is not.
    pub(crate) fn closest(name: &str) -> Option<&'static str> {
        closest_of(Hazard::ALL.iter().map(|hazard| hazard.name()), name)
    }

    /// Where it is explained: the problem, the lock, the safer form, the source.
    pub fn page(self) -> String {
        format!("docs/hazards/{}.md", self.name())
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

/// A hazard of a migration, as it is baked into the set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FoundHazard {
    /// What.
    pub hazard: Hazard,
    /// How bad it is here.
    pub risk: Risk,
    /// The line of the script that applies the migration.
    pub line: u32,
    /// Why its author allows it: the reason of `-- migrate: allow`.
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
            assert!(document(&hazard.page()).starts_with(&format!("# {hazard}\n")), "{hazard}");
            let line = format!("\n| [{hazard}]({hazard}.md) | {} | ", hazard.risk());
            assert_eq!(list.matches(&line).count(), 1, "{hazard}");
        }
        assert_eq!(list.matches("\n| [").count(), Hazard::ALL.len(), "no other line");
    }
}
