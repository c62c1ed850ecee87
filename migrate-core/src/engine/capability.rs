//! What an engine can do. A test asks for a capability and never for an engine by name, so that a third engine is a
//! file of constants here, next to its driver, its dialect and its parser.

use super::Engine;

/// Declares each capability once: as a field of `Capabilities`, and as the method of `Engine` that reads it. The
/// methods are hidden, because `Engine` is public and a new capability is no promise to its users.
macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident: $value:ty,)*) => {
        /// What one engine can do. An engine without a value for one of them does not compile.
        #[derive(Debug)]
        pub(super) struct Capabilities {
            $($(#[$doc])* pub(super) $name: $value,)*
        }

        /// What the engine can do.
        impl Engine {
            $($(#[$doc])*
            #[doc(hidden)]
            pub const fn $name(self) -> $value {
                self.capabilities().$name
            })*
        }
    };
}

capabilities! {
    /// The name of the engine, as messages write it.
    name: &'static str,

    // Locks and transactions.
    /// A statement locks tables, and other sessions wait for these locks. Where it is false, one writer stops
    /// all others anyway, and no form of a statement is safer than another: most lint rules about locks ask
    /// this.
    locks_tables: bool,
    /// A WITH can hold INSERT and UPDATE, so that one statement writes to several tables. The history finishes and logs
    /// a migration in one.
    writes_in_with: bool,
    /// A query can lock the rows that it reads: `FOR UPDATE` and its kind, in `scope`.
    locks_rows: bool,
    /// A session belongs to a server, and what it has made ends with it: a prepared statement, a LISTEN.
    /// `lost-session` asks this.
    has_server_sessions: bool,
    /// A point in the log can get a name that a recovery can go back to. The command line sets one before a run.
    has_restore_points: bool,

    // Roles and data types.
    /// Policies decide which rows a role sees. The history checks for them, and `tenant-view` asks this.
    has_row_security: bool,
    /// A project can define types: enums, domains and others. Where it is false, a column takes any word as its
    /// type.
    has_user_types: bool,
    /// `serial` is a number with a sequence and a default.
    has_serial_types: bool,
    /// The last numbers of AUTOINCREMENT are rows of a table that a script may write. `unbounded-dml` asks this.
    has_sequence_table: bool,

    // Names.
    /// The schema of unqualified names, if nothing else is set.
    default_schema: &'static str,
    /// The schema of temporary objects. PostgreSQL gives each session a schema with a number; here one name is
    /// enough.
    temporary_schema: &'static str,
    /// The bytes to which the server cuts a longer name: NAMEDATALEN - 1 on PostgreSQL (manual, 4.1.1).
    name_limit: Option<usize>,
    /// A constraint that was given no name gets one.
    names_constraints: bool,
    /// The index of a primary key or unique constraint has the name of the constraint, and goes with it.
    names_index_like_key: bool,
    /// The index of a key has a number for a name, as `sqlite_autoindex_t_1` has, whatever the key is called.
    numbers_key_indexes: bool,
    /// An unqualified function or type may be one of another schema, so a raw expression qualifies those that
    /// are built in.
    has_search_path: bool,

    // Changes to tables.
    /// Most changes to a table need a rebuild: a new table gets the rows, and then the name. The analysis
    /// follows the rows.
    rebuilds_tables: bool,
    /// ALTER TABLE sorts its clauses into passes, instead of running them as they are written.
    runs_alter_in_passes: bool,
    /// The constraints of one statement are created by kind, instead of as they are written.
    sorts_constraints: bool,
    /// DROP TABLE takes the foreign keys to the table and its partitions with it. Where it is false, the keys
    /// stay and wait for another table of that name.
    drop_takes_foreign_keys: bool,
    /// DROP COLUMN fails if any other object names the column. What takes a change back asks this.
    drop_refuses_named_column: bool,
    /// A property of an object can be set by itself. Where it is false, taking a change back replaces the
    /// object.
    alters_in_place: bool,
    /// The catalog keeps the statement that created an object. Taking back its removal runs it again.
    keeps_definitions: bool,
    /// The columns of each primary key refuse NULL.
    primary_key_means_not_null: bool,
    /// A constraint can be NOT VALID: it holds for new rows, and the old ones are not checked. `new-write-limit`
    /// asks this.
    has_unchecked_constraints: bool,
    /// ADD COLUMN takes no default but a literal. Where it is false, the server computes it for each row, if it
    /// differs between rows.
    adds_column_with_literal_only: bool,
    /// CREATE INDEX CONCURRENTLY builds an index while the table is written. `index-concurrent` asks this.
    has_concurrent_index: bool,
    /// A table can consist of partitions, each with an index of its own. `index-partitioned` asks this.
    has_partitions: bool,
    /// An enum can get a value by ALTER TYPE. `enum-same-transaction` asks this.
    has_enums: bool,

    // Scripts and their tokens.
    /// A block comment can contain another one.
    nests_comments: bool,
    /// The end of the script ends an open block comment.
    closes_comment_at_end: bool,
    /// A carriage return ends a line comment, as a line feed does.
    ends_comment_at_carriage_return: bool,
    /// `$tag$ … $tag$` is a string.
    dollar_quotes: bool,
    /// `E'…'` is a string with backslashes in it.
    has_escape_strings: bool,
    /// A name can be in backticks, as MySQL has it.
    quotes_names_with_backticks: bool,
    /// A name can be in brackets, as SQL Server has it.
    quotes_names_with_brackets: bool,
    /// `$name`, `@name`, `#name` and `:name` are variables, whose names may contain quotes and semicolons.
    has_named_variables: bool,
    /// A function can have a body of statements, `BEGIN ATOMIC … END`. Its semicolons do not end the statement.
    has_atomic_bodies: bool,
    /// A trigger has a body of statements up to `END`. Its semicolons do not end the statement; those in
    /// parentheses do.
    has_trigger_bodies: bool,
    /// `COPY … FROM STDIN` reads from the client, which a script cannot do.
    copies_from_client: bool,

    // Expressions and queries.
    /// Values can be arrays: `ARRAY[…]`, `type[]`, a subscript, `= ANY (…)`.
    has_arrays: bool,
    /// `value::type` is a cast.
    has_cast_symbol: bool,
    /// `f(name => value)` names an argument.
    has_named_arguments: bool,
    /// A type before a string makes it a constant of the type: `DATE '2000-01-01'`.
    has_typed_literals: bool,
    /// The expressions of the SQL standard that have a grammar of their own: `substring(… FROM …)`, `AT TIME
    /// ZONE`, `SIMILAR TO`, `IS UNKNOWN`, `BETWEEN SYMMETRIC`, `LOCALTIME`.
    has_standard_forms: bool,
    /// `a IS b` compares two values, and NULL is equal to NULL.
    compares_with_is: bool,
    /// `a ~ b` matches a regular expression. Elsewhere `~` stands only before a value.
    matches_with_tilde: bool,
    /// A collation is a function that the application may define. Where it is false, it is data of the server.
    collations_are_code: bool,
    /// OFFSET needs a LIMIT before it, and a negative one means none.
    needs_limit_for_offset: bool,
    /// The values that a statement can hold. PostgreSQL's protocol counts them in two bytes. SQLite has a limit
    /// that it is built with (<https://sqlite.org/limits.html>, 9); this is its default.
    most_values: usize,
}
