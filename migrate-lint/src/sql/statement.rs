use migrate_core::Span;

use super::{AlterTable, CreateIndex, CreateTable, Expression, Identifier, Name, Selection, Type};

/// A statement, and where it stands in its script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    /// Every function that is called anywhere in it.
    pub(crate) calls: Vec<Name>,
    /// Every relation that is read anywhere in it: `FROM`, `JOIN`, subqueries, `USING`.
    pub(crate) reads: Vec<Name>,
    /// Every string literal in it, without its quotes.
    pub(crate) literals: Vec<String>,
    /// What older servers do not know of it, and which does (PostgreSQL).
    pub(crate) since: Vec<Since>,
}

impl Statement {
    /// The statements inside of it: those of a block, and those of a query that writes.
    pub(crate) fn inner(&self) -> &[Statement] {
        match &self.kind {
            Kind::Do(block) => &block.statements,
            Kind::Query(query) => &query.writes,
            _ => &[],
        }
    }
}

/// A part of a statement that came with a major version of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) release: u32,
    /// Such as `MERGE`, to be followed by "needs PostgreSQL 15".
    pub(crate) what: &'static str,
    pub(crate) span: Span,
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    CreateTable(CreateTable),
    AlterTable(AlterTable),
    CreateIndex(CreateIndex),
    Drop(Drop),
    CreateView(CreateView),
    Refresh(Refresh),
    CreateTrigger(CreateTrigger),
    CreateRule {
        table: Name,
    },
    CreatePolicy(CreatePolicy),
    AlterPolicy(AlterPolicy),
    CreateFunction(CreateFunction),
    CreateType(CreateType),
    AlterType(AlterType),
    CreateDomain(CreateDomain),
    AlterDomain(AlterDomain),
    CreateSchema {
        name: String,
    },
    CreateSequence {
        name: Name,
        temporary: bool,
    },
    /// `ALTER SEQUENCE … RESTART`; other changes of a sequence are [`Kind::Harmless`].
    RestartSequence {
        name: Name,
    },
    CreateExtension {
        name: String,
    },
    /// `ALTER … RENAME TO` of what is no relation: function, type, domain, schema, trigger, policy, …
    Rename {
        object: ObjectKind,
        name: Name,
        /// The table of a trigger, rule or policy.
        table: Option<Name>,
        to: Identifier,
    },
    /// `ALTER … OWNER TO` and `SET SCHEMA` of what is no relation.
    Move {
        object: ObjectKind,
        name: Name,
        /// The schema of `SET SCHEMA`.
        schema: Option<String>,
    },
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    /// `MERGE INTO`.
    Merge {
        table: Name,
    },
    Truncate {
        tables: Vec<Name>,
        cascade: bool,
    },
    Copy(Copy),
    /// `SELECT`, `VALUES`, `WITH`, `TABLE`.
    Query(Query),
    LockTable(LockTable),
    Reindex(Reindex),
    Cluster {
        table: Option<Name>,
    },
    Vacuum {
        full: bool,
    },
    Set(Setting),
    /// `DO`, or the body of a block.
    Do(Block),
    Call {
        procedure: Name,
    },
    Grant(Privileges),
    Revoke(Privileges),
    /// `REASSIGN OWNED`, `DROP OWNED`.
    Owned {
        drop: bool,
    },
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `PREPARE TRANSACTION`; savepoints are [`Kind::Harmless`].
    Transaction,
    /// `PRAGMA` (SQLite).
    Pragma {
        name: String,
        /// In lower case, without its quotes.
        value: Option<String>,
    },
    /// Takes no lock that anybody waits for and changes nothing that running code uses: `COMMENT ON`, `ANALYZE`,
    /// `CREATE STATISTICS`, `CREATE ROLE`, `SAVEPOINT`, …
    Harmless,
    /// A statement that no rule knows; its first words.
    Unknown(String),
}

/// What a statement creates, alters or drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ObjectKind {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Index,
    Sequence,
    Schema,
    Type,
    Domain,
    Function,
    Procedure,
    Aggregate,
    Trigger,
    Rule,
    Policy,
    Extension,
    Constraint,
    Column,
    Role,
    /// What no rule tells apart: operators, casts, collations, publications, …
    Other,
}

impl ObjectKind {
    /// What it is called in a message.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            ObjectKind::Table => "table",
            ObjectKind::ForeignTable => "foreign table",
            ObjectKind::View => "view",
            ObjectKind::MaterializedView => "materialized view",
            ObjectKind::Index => "index",
            ObjectKind::Sequence => "sequence",
            ObjectKind::Schema => "schema",
            ObjectKind::Type => "type",
            ObjectKind::Domain => "domain",
            ObjectKind::Function => "function",
            ObjectKind::Procedure => "procedure",
            ObjectKind::Aggregate => "aggregate",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Rule => "rule",
            ObjectKind::Policy => "policy",
            ObjectKind::Extension => "extension",
            ObjectKind::Constraint => "constraint",
            ObjectKind::Column => "column",
            ObjectKind::Role => "role",
            ObjectKind::Other => "object",
        }
    }
}

/// `DROP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drop {
    pub(crate) object: ObjectKind,
    pub(crate) names: Vec<Name>,
    /// The table of a trigger, rule or policy.
    pub(crate) table: Option<Name>,
    pub(crate) if_exists: bool,
    pub(crate) concurrently: bool,
    pub(crate) cascade: bool,
}

/// `CREATE VIEW` and `CREATE MATERIALIZED VIEW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateView {
    pub(crate) name: Name,
    pub(crate) materialized: bool,
    pub(crate) temporary: bool,
    pub(crate) or_replace: bool,
    /// `WITH (security_invoker = true)`.
    pub(crate) security_invoker: bool,
}

/// `REFRESH MATERIALIZED VIEW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refresh {
    pub(crate) name: Name,
    pub(crate) concurrently: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateTrigger {
    pub(crate) name: String,
    pub(crate) table: Name,
    /// The relations that its body reads and writes (SQLite).
    pub(crate) uses: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreatePolicy {
    pub(crate) name: String,
    pub(crate) table: Name,
    pub(crate) restrictive: bool,
    pub(crate) using: Option<Expression>,
    pub(crate) with_check: Option<Expression>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlterPolicy {
    pub(crate) name: String,
    pub(crate) table: Name,
    pub(crate) using: Option<Expression>,
    pub(crate) with_check: Option<Expression>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateFunction {
    pub(crate) name: Name,
    pub(crate) procedure: bool,
    pub(crate) or_replace: bool,
    pub(crate) security_definer: bool,
    /// Neither `IMMUTABLE` nor `STABLE`.
    pub(crate) is_volatile: bool,
    /// `RETURNS trigger` or `event_trigger`: nothing but a trigger can call it.
    pub(crate) is_trigger: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateType {
    pub(crate) name: Name,
    pub(crate) definition: TypeDefinition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeDefinition {
    Enum(Vec<String>),
    Composite,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AlterType {
    AddValue {
        name: Name,
        value: String,
    },
    RenameValue {
        name: Name,
        from: String,
        to: String,
    },
    /// Attributes of a composite type.
    Attributes {
        name: Name,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateDomain {
    pub(crate) name: Name,
    pub(crate) base: Type,
    pub(crate) not_null: bool,
    pub(crate) checks: usize,
    pub(crate) has_default: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AlterDomain {
    AddConstraint {
        name: Name,
        not_valid: bool,
    },
    SetNotNull {
        name: Name,
    },
    ValidateConstraint {
        name: Name,
    },
    /// Of a constraint, a NOT NULL or a default.
    Relax {
        name: Name,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insert {
    pub(crate) table: Name,
    /// The rows come from a query and not from values.
    pub(crate) from_query: bool,
    /// The columns that the statement lists (SQLite).
    pub(crate) columns: Vec<String>,
    /// The query, as far as it can be told which rows it takes (SQLite).
    pub(crate) selection: Option<Selection>,
    /// What happens to a row that a constraint refuses, if not an error (SQLite).
    pub(crate) conflict: Option<Conflict>,
}

/// What becomes of a row that a constraint refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// `OR IGNORE`, `ON CONFLICT DO NOTHING`: it is left out.
    Ignore,
    /// `OR REPLACE`, `REPLACE INTO`: the rows in its way are deleted.
    Replace,
    /// `ON CONFLICT DO UPDATE`: it changes the row in its way.
    Update,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) table: Name,
    pub(crate) filter: Option<Expression>,
    /// The columns that get a value which is not made from their own (SQLite).
    pub(crate) overwrites: Vec<String>,
    /// `OR REPLACE`: rows in the way are deleted (SQLite).
    pub(crate) replaces: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delete {
    pub(crate) table: Name,
    pub(crate) filter: Option<Expression>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    /// `None` of a query.
    pub(crate) table: Option<Name>,
    /// Into the table, not out of it.
    pub(crate) from: bool,
}

/// `SELECT` and its like; what it reads and calls is told by its [`Statement`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// `FOR UPDATE`, `FOR SHARE`, ….
    pub(crate) locks_rows: bool,
    /// Statements in `WITH` that write, and the one behind it where that writes too.
    pub(crate) writes: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockTable {
    pub(crate) tables: Vec<Name>,
    /// In upper case, such as `ACCESS EXCLUSIVE`, which is the default.
    pub(crate) mode: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reindex {
    pub(crate) concurrently: bool,
    pub(crate) target: Reference,
}

/// What a `REINDEX` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Table(Name),
    Index(Name),
    /// Schema, database or system.
    Many,
}

/// `SET`, `RESET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) scope: SettingScope,
    /// In lower case: `search_path`, `lock_timeout`, `role`, …; empty for `RESET ALL`.
    pub(crate) name: String,
    /// The values, without their quotes.
    pub(crate) values: Vec<String>,
    pub(crate) reset: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingScope {
    Session,
    Local,
}

/// The body of `DO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// What could be read of it, wherever it stands in conditions and loops.
    pub(crate) statements: Vec<Statement>,
    /// It executes a string, is written in another language, or could not be read.
    pub(crate) is_opaque: bool,
}

/// `GRANT`, `REVOKE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Privileges {
    /// The relations that it names.
    pub(crate) tables: Vec<Name>,
    /// The functions and procedures that it names.
    pub(crate) functions: Vec<Name>,
}
