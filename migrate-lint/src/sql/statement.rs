//! A statement of either engine: its kind, and what it calls, reads and contains anywhere.
//!
//! `DELETE FROM t WHERE id IN (SELECT id FROM u WHERE f(a) = 'x')` has the kind `Delete` with the table `t` and a
//! filter, reads `u`, calls `f`, and has the literal `x`.
//!
//! A field marked with an engine is filled for that engine only; for the other it has its empty value.

use migrate_core::Span;

use super::{AlterTable, CreateIndex, CreateTable, Expression, Identifier, Name, Selection, Type};

/// A statement, and its place in the script.
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
    /// The string literals that are not text but take their type from where they are (PostgreSQL).
    pub(crate) free_literals: Vec<FreeLiteral>,
    /// The tables of which a query anywhere in it locks every row (PostgreSQL).
    pub(crate) row_locks: Vec<RowLock>,
    /// The parts of it that older servers do not know, each with the version that introduced it (PostgreSQL).
    pub(crate) since: Vec<Since>,
    /// The first parameter such as `$1` in it, which no run gives a value (PostgreSQL). Those of a function and of PREPARE
    /// do not count.
    pub(crate) parameter: Option<Span>,
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

    /// The setting that `SELECT set_config('name', 'value', …)` sets, as a SET would.
    pub(crate) fn set_config(&self) -> Option<(&str, &str)> {
        let calls = self.calls.iter().any(|call| call.is_builtin("set_config"));
        let [name, value, ..] = &self.literals[..] else { return None };
        calls.then_some((name, value))
    }

    /// The statement and all statements inside it, in their order.
    pub(crate) fn with_inner(&self) -> impl Iterator<Item = &Statement> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let statement = waiting.pop()?;
            waiting.extend(statement.inner().iter().rev());
            Some(statement)
        })
    }
}

/// A string literal that becomes a value of the type that its place asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FreeLiteral {
    /// Its content, without the quotes.
    pub(crate) text: String,
    /// The column that it is compared with or assigned to, if it is one.
    pub(crate) beside: Option<String>,
}

/// A part of a statement that a major version of the server introduced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) release: u32,
    /// The name of the part, such as `MERGE`; a message continues with "needs PostgreSQL 15".
    pub(crate) what: &'static str,
    pub(crate) span: Span,
}

/// What a statement does.
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
        if_not_exists: bool,
    },
    /// `ALTER SEQUENCE … RESTART`; other changes of a sequence are [`Kind::Harmless`].
    RestartSequence {
        name: Name,
    },
    CreateExtension {
        name: String,
    },
    /// `ALTER … RENAME TO` of an object that is not a relation: function, type, domain, schema, trigger, policy, …
    Rename {
        object: ObjectKind,
        name: Name,
        /// The table of a trigger, rule or policy.
        table: Option<Name>,
        to: Identifier,
    },
    /// `ALTER … OWNER TO` and `SET SCHEMA` of an object that is not a relation.
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
    /// `IMPORT FOREIGN SCHEMA`: makes tables that no script names.
    ImportSchema,
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, also `TO` a savepoint, `PREPARE TRANSACTION`; other savepoints are [`Kind::Harmless`].
    Transaction,
    /// `SET TRANSACTION`.
    SetTransaction {
        /// Whether the server takes it only before the first query of the transaction.
        comes_first: bool,
    },
    /// `PRAGMA` (SQLite).
    Pragma {
        name: String,
        /// In lower case, without its quotes.
        value: Option<String>,
    },
    /// A statement that takes no lock others wait for and changes nothing that running code uses: `COMMENT ON`,
    /// `ANALYZE`, `CREATE STATISTICS`, `CREATE ROLE`, `SAVEPOINT`, …
    Harmless,
    /// A statement that no rule knows, by its first words.
    Unknown(String),
}

/// The kind of an object that a statement creates, alters or drops.
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
    /// Kinds that no rule distinguishes: operators, casts, collations, publications, …
    Other,
}

impl ObjectKind {
    /// The noun for it in a message.
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

/// `DROP` of one object or several.
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
    pub(crate) if_not_exists: bool,
    /// `WITH (security_invoker = true)`.
    pub(crate) security_invoker: bool,
}

/// `REFRESH MATERIALIZED VIEW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refresh {
    pub(crate) name: Name,
    pub(crate) concurrently: bool,
}

/// `CREATE TRIGGER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateTrigger {
    pub(crate) name: String,
    pub(crate) table: Name,
    /// The function that it executes (PostgreSQL).
    pub(crate) function: Option<Name>,
    /// The relations that its body reads and writes (SQLite).
    pub(crate) uses: Vec<Name>,
}

/// `CREATE POLICY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreatePolicy {
    pub(crate) name: String,
    pub(crate) table: Name,
    pub(crate) restrictive: bool,
    pub(crate) using: Option<Expression>,
    pub(crate) with_check: Option<Expression>,
}

/// `ALTER POLICY … USING` and `WITH CHECK`. A condition that is not changed is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlterPolicy {
    pub(crate) name: String,
    pub(crate) table: Name,
    pub(crate) using: Option<Expression>,
    pub(crate) with_check: Option<Expression>,
}

/// `CREATE FUNCTION` and `CREATE PROCEDURE`. The body is kept as text: what it does happens when it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateFunction {
    pub(crate) name: Name,
    pub(crate) procedure: bool,
    pub(crate) or_replace: bool,
    pub(crate) security_definer: bool,
    /// Neither `IMMUTABLE` nor `STABLE`.
    pub(crate) is_volatile: bool,
    /// `RETURNS trigger` or `event_trigger`: only a trigger can call it.
    pub(crate) is_trigger: bool,
    /// Its body. `None` if it is in a language that is not parsed, or runs with settings of its own.
    pub(crate) body: Option<Body>,
}

/// The body of a function, as text. [`Body::block`] parses it, which is only worth it where it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) is_plpgsql: bool,
    pub(crate) text: String,
}

/// `CREATE TYPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateType {
    pub(crate) name: Name,
    pub(crate) definition: TypeDefinition,
}

/// The kind of a new type. Only the values of an enum are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeDefinition {
    Enum(Vec<String>),
    Composite,
    Other,
}

/// `ALTER TYPE`, without RENAME TO, OWNER TO and SET SCHEMA.
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

/// `CREATE DOMAIN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateDomain {
    pub(crate) name: Name,
    pub(crate) base: Type,
    pub(crate) not_null: bool,
    pub(crate) checks: usize,
    pub(crate) has_default: bool,
}

/// `ALTER DOMAIN`, without RENAME TO, OWNER TO and SET SCHEMA.
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
    /// Drops or renames a constraint, a NOT NULL or a default, or sets a default: no row has to be checked.
    Relax {
        name: Name,
    },
}

/// `INSERT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insert {
    pub(crate) table: Name,
    /// Whether the rows come from a query and not from VALUES.
    pub(crate) from_query: bool,
    /// The columns that the statement lists.
    pub(crate) columns: Vec<String>,
    /// The number of columns that it lists, with elements of arrays and fields of composites.
    pub(crate) targets: usize,
    /// The numbers of values that its rows have, each once. Empty if they cannot be counted.
    pub(crate) widths: Vec<usize>,
    /// The query, if the rows that it returns can be followed (SQLite).
    pub(crate) selection: Option<Selection>,
    /// What happens to a row that violates a constraint, if that is not an error (SQLite).
    pub(crate) conflict: Option<Conflict>,
}

/// What happens to a row that violates a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// `OR IGNORE`, `ON CONFLICT DO NOTHING`: the row is left out.
    Ignore,
    /// `OR REPLACE`, `REPLACE INTO`: the rows that it conflicts with are deleted.
    Replace,
    /// `ON CONFLICT DO UPDATE`: the row that it conflicts with is changed.
    Update,
}

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) table: Name,
    pub(crate) filter: Option<Expression>,
    /// The columns whose new value does not use their old one (SQLite).
    pub(crate) overwrites: Vec<String>,
    /// `OR REPLACE`: rows that conflict are deleted (SQLite).
    pub(crate) replaces: bool,
}

/// `DELETE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delete {
    pub(crate) table: Name,
    pub(crate) filter: Option<Expression>,
}

/// `COPY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    /// The table. `None` if it copies the rows of a query.
    pub(crate) table: Option<Name>,
    /// Whether it copies into the table and not out of it.
    pub(crate) from: bool,
}

/// `SELECT` and its like. What it reads and calls is in its [`Statement`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// The statements in WITH that write, and the one after WITH if that writes too.
    pub(crate) writes: Vec<Statement>,
}

/// A query that locks every row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowLock {
    pub(crate) table: Name,
    /// `FOR UPDATE`, `FOR SHARE`, …, in upper case.
    pub(crate) strength: String,
    pub(crate) span: Span,
}

/// `LOCK TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockTable {
    pub(crate) tables: Vec<Name>,
    /// The mode in upper case, such as `ACCESS EXCLUSIVE`, which is the default.
    pub(crate) mode: String,
}

/// `REINDEX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reindex {
    pub(crate) concurrently: bool,
    pub(crate) target: Reference,
}

/// The target of a `REINDEX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Table(Name),
    Index(Name),
    /// All tables of a schema, a database or the system.
    Many,
}

/// `SET` and `RESET` of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) scope: SettingScope,
    /// In lower case: `search_path`, `lock_timeout`, `role`, …; empty for `RESET ALL`.
    pub(crate) name: String,
    /// The values, without their quotes.
    pub(crate) values: Vec<String>,
    pub(crate) reset: bool,
}

/// How long a setting lasts: until the session ends, or the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingScope {
    Session,
    Local,
}

/// The body of `DO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The statements that could be parsed, also those in conditions and loops.
    pub(crate) statements: Vec<Statement>,
    /// Whether each of the statements is executed.
    pub(crate) chances: Vec<Chance>,
    /// Whether its effect cannot be seen: it executes a string, is in another language, or could not be parsed.
    pub(crate) is_opaque: bool,
}

/// Whether a statement of a block is executed, and what its error does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chance {
    /// It is executed, and its error ends the block.
    Certain,
    /// The server decides whether it is executed: it is in a condition or a loop, or after a RETURN.
    Open,
    /// An EXCEPTION clause may catch its error.
    Caught,
}

/// The objects of a `GRANT` or `REVOKE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Privileges {
    /// The relations that it names.
    pub(crate) tables: Vec<Name>,
    /// The functions and procedures that it names.
    pub(crate) functions: Vec<Name>,
}
