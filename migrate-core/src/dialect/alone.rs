//! The kinds of statements that run outside of a transaction. `CREATE INDEX CONCURRENTLY i ON t (c)` gives
//! `Alone::CreateIndex`, so a run that resumes looks for a valid index `i`.
//!
//! Why by kind? After a crash only the catalog knows whether such a statement took effect, and where to look depends on it.

use super::ConcurrentIndex;
use super::reader::{Reader, catalog_name};

/// What a statement does that runs outside of a transaction. A run can be cut off after the statement took effect and
/// before that was recorded. The next run then has to find out whether it is done; the kind says how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alone {
    /// `CREATE INDEX CONCURRENTLY`
    CreateIndex(ConcurrentIndex),
    /// `DROP INDEX CONCURRENTLY`, with the name as it is written.
    DropIndex(String),
    /// `REINDEX … CONCURRENTLY`: it can be run again once its leftovers are dropped.
    Reindex(Reindexed),
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`, with both names as they are written.
    Detach {
        /// The partitioned table.
        table: String,
        /// The partition.
        partition: String,
    },
    /// It creates an object that the catalog lists.
    Make(ServerObject),
    /// It drops such an object.
    Take(ServerObject),
    /// `ALTER SUBSCRIPTION … ADD PUBLICATION` and `… DROP PUBLICATION`
    Publications {
        /// The name of the subscription.
        subscription: String,
        /// The names of the publications.
        publications: Vec<String>,
        /// Whether they are added.
        adds: bool,
    },
    /// Running it again does no harm.
    Repeatable,
    /// Only its author knows.
    Unknown,
}

/// What a `REINDEX … CONCURRENTLY` builds anew, with the name as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reindexed {
    /// An index.
    Index(String),
    /// All indexes of a table.
    Table(String),
    /// All indexes of a schema.
    Schema(String),
    /// All indexes of the database.
    Database,
}

/// An object outside of any schema, with its name as the catalog has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerObject {
    /// Its kind.
    pub kind: ServerObjectKind,
    /// Its name.
    pub name: String,
}

/// The kinds of objects that are created and dropped outside of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerObjectKind {
    /// A database.
    Database,
    /// A tablespace.
    Tablespace,
    /// A subscription of this database.
    Subscription,
    /// A replication slot.
    ReplicationSlot,
    /// A prepared transaction. It can only be removed.
    PreparedTransaction,
}

impl Alone {
    /// Reads a statement of PostgreSQL.
    pub(super) fn parse(statement: &str) -> Alone {
        let mut words = Reader::new(statement);
        let first = words.next().unwrap_or_default().to_ascii_uppercase();
        let alone = match first.as_str() {
            "VACUUM" | "ANALYZE" | "CLUSTER" | "CHECKPOINT" | "DISCARD" | "SET" | "RESET" => {
                Some(Alone::Repeatable)
            }
            "CREATE" => match ConcurrentIndex::parse(statement) {
                Some(index) => Some(Alone::CreateIndex(index)),
                None => object(&mut words).map(Alone::Make),
            },
            "DROP" => drop_statement(&mut words),
            "REINDEX" => reindex(&mut words),
            "ALTER" => alter(&mut words),
            "COMMIT" | "ROLLBACK" => prepared(&mut words),
            "SELECT" => slot(&mut words),
            _ => None,
        };
        alone.unwrap_or(Alone::Unknown)
    }
}

/// An object of the server: its kind, then its name.
fn object(words: &mut Reader<'_>) -> Option<ServerObject> {
    let kind = match words.next()?.to_ascii_uppercase().as_str() {
        "DATABASE" => ServerObjectKind::Database,
        "TABLESPACE" => ServerObjectKind::Tablespace,
        "SUBSCRIPTION" => ServerObjectKind::Subscription,
        _ => return None,
    };
    if words.accept("IF").is_some() {
        words.accept("EXISTS")?;
    }
    Some(ServerObject { kind, name: catalog_name(words.identifier()?) })
}

fn drop_statement(words: &mut Reader<'_>) -> Option<Alone> {
    if words.accept("INDEX").is_none() {
        return object(words).map(Alone::Take);
    }
    words.accept("CONCURRENTLY")?;
    if words.accept("IF").is_some() {
        words.accept("EXISTS")?;
    }
    words.name().map(Alone::DropIndex)
}

fn reindex(words: &mut Reader<'_>) -> Option<Alone> {
    let options = words.parentheses();
    let kind = words.next()?.to_ascii_uppercase();
    let is_concurrent = words.accept("CONCURRENTLY").is_some() || is_on(&options, "CONCURRENTLY");
    if !is_concurrent {
        return Some(Alone::Repeatable);
    }
    let reindexed = match kind.as_str() {
        "INDEX" => Reindexed::Index(words.name()?),
        "TABLE" => Reindexed::Table(words.name()?),
        "SCHEMA" => Reindexed::Schema(catalog_name(words.identifier()?)),
        _ => Reindexed::Database,
    };
    Some(Alone::Reindex(reindexed))
}

/// Whether a list of options turns this one on.
pub(super) fn is_on(options: &[&str], option: &str) -> bool {
    const OFF: [&str; 7] = ["false", "off", "0", "'false'", "'off'", "'0'", "no"];
    let at = options.iter().position(|have| have.eq_ignore_ascii_case(option));
    at.is_some_and(|at| {
        let value = options[at + 1..].iter().find(|token| **token != "=");
        !value.is_some_and(|value| OFF.iter().any(|off| off.eq_ignore_ascii_case(value)))
    })
}

fn alter(words: &mut Reader<'_>) -> Option<Alone> {
    match words.next()?.to_ascii_uppercase().as_str() {
        "SYSTEM" | "DATABASE" => Some(Alone::Repeatable),
        "SUBSCRIPTION" => alter_subscription(words),
        "TABLE" => detach(words),
        _ => None,
    }
}

/// An option can be set again; a publication can be added or dropped only once.
fn alter_subscription(words: &mut Reader<'_>) -> Option<Alone> {
    let subscription = catalog_name(words.identifier()?);
    let adds = words.accept("ADD").is_some();
    if !adds && words.accept("DROP").is_none() {
        return Some(Alone::Repeatable);
    }
    words.accept("PUBLICATION")?;
    let mut publications = vec![catalog_name(words.identifier()?)];
    while words.accept(",").is_some() {
        publications.push(catalog_name(words.identifier()?));
    }
    Some(Alone::Publications { subscription, publications, adds })
}

fn detach(words: &mut Reader<'_>) -> Option<Alone> {
    if words.accept("IF").is_some() {
        words.accept("EXISTS")?;
    }
    words.accept("ONLY");
    let table = words.name()?;
    words.accept("*");
    words.accept_all(&["DETACH", "PARTITION"])?;
    let partition = words.name()?;
    words.accept("CONCURRENTLY")?;
    Some(Alone::Detach { table, partition })
}

fn prepared(words: &mut Reader<'_>) -> Option<Alone> {
    words.accept("PREPARED")?;
    let name = literal(words.next()?)?;
    Some(Alone::Take(ServerObject { kind: ServerObjectKind::PreparedTransaction, name }))
}

/// A call that makes or drops one replication slot, and nothing else.
fn slot(words: &mut Reader<'_>) -> Option<Alone> {
    if words.accept("*").is_some() {
        words.accept("FROM")?;
    }
    if words.accept("pg_catalog").is_some() {
        words.accept(".")?;
    }
    let function = words.next()?.to_ascii_lowercase();
    let arguments = words.parentheses();
    let values: Vec<&&str> = arguments.iter().filter(|token| token.starts_with('\'')).collect();
    let name = literal(values.first()?)?;
    let is_plain = words.is_at_end() && !arguments.contains(&"(");
    let slot = |name| ServerObject { kind: ServerObjectKind::ReplicationSlot, name };
    match function.as_str() {
        "pg_create_logical_replication_slot" | "pg_create_physical_replication_slot" if is_plain => {
            Some(Alone::Make(slot(name)))
        }
        "pg_copy_logical_replication_slot" | "pg_copy_physical_replication_slot" if is_plain => {
            Some(Alone::Make(slot(literal(values.get(1)?)?)))
        }
        "pg_drop_replication_slot" if is_plain => Some(Alone::Take(slot(name))),
        _ => None,
    }
}

/// The value of a string without escapes.
fn literal(token: &str) -> Option<String> {
    let text = token.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(text.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: ServerObjectKind, name: &str) -> ServerObject {
        ServerObject { kind, name: name.into() }
    }

    #[test]
    fn each_kind_has_its_question() {
        use ServerObjectKind::{Database, PreparedTransaction, ReplicationSlot, Subscription, Tablespace};
        let detach = Alone::Detach { table: "app.T".into(), partition: "\"p 1\"".into() };
        let publications = |adds| Alone::Publications {
            subscription: "s".into(),
            publications: vec!["a".into(), "B".into()],
            adds,
        };
        let cases = [
            ("DROP INDEX CONCURRENTLY IF EXISTS app.\"I\" CASCADE", Alone::DropIndex("app.\"I\"".into())),
            ("REINDEX (VERBOSE) TABLE CONCURRENTLY app.t", Alone::Reindex(Reindexed::Table("app.t".into()))),
            ("reindex (concurrently) index i", Alone::Reindex(Reindexed::Index("i".into()))),
            ("REINDEX (CONCURRENTLY off, VERBOSE) INDEX i", Alone::Repeatable),
            ("REINDEX SCHEMA CONCURRENTLY App", Alone::Reindex(Reindexed::Schema("app".into()))),
            ("REINDEX DATABASE CONCURRENTLY d", Alone::Reindex(Reindexed::Database)),
            ("REINDEX (VERBOSE) SCHEMA app", Alone::Repeatable),
            ("ALTER TABLE IF EXISTS ONLY app.T DETACH PARTITION \"p 1\" CONCURRENTLY", detach),
            ("CREATE DATABASE \"D\" TEMPLATE x", Alone::Make(object(Database, "D"))),
            ("DROP DATABASE IF EXISTS D (FORCE)", Alone::Take(object(Database, "d"))),
            ("CREATE TABLESPACE s LOCATION '/s'", Alone::Make(object(Tablespace, "s"))),
            ("DROP TABLESPACE s", Alone::Take(object(Tablespace, "s"))),
            ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", Alone::Make(object(Subscription, "s"))),
            ("DROP SUBSCRIPTION s", Alone::Take(object(Subscription, "s"))),
            ("ALTER SUBSCRIPTION s ADD PUBLICATION a, \"B\" WITH (refresh = true)", publications(true)),
            ("ALTER SUBSCRIPTION s DROP PUBLICATION a, \"B\"", publications(false)),
            ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", Alone::Repeatable),
            (
                "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
                Alone::Make(object(ReplicationSlot, "s")),
            ),
            (
                "SELECT * FROM pg_catalog.pg_create_physical_replication_slot(slot_name => 's')",
                Alone::Make(object(ReplicationSlot, "s")),
            ),
            ("SELECT pg_copy_logical_replication_slot('a', 'b')", Alone::Make(object(ReplicationSlot, "b"))),
            ("SELECT pg_drop_replication_slot('s')", Alone::Take(object(ReplicationSlot, "s"))),
            ("COMMIT PREPARED 'it''s'", Alone::Take(object(PreparedTransaction, "it's"))),
            ("VACUUM FULL", Alone::Repeatable),
            ("ALTER SYSTEM SET work_mem = '1MB'", Alone::Repeatable),
            ("ALTER DATABASE d SET TABLESPACE s", Alone::Repeatable),
        ];
        for (statement, want) in cases {
            assert_eq!(Alone::parse(statement), want, "{statement}");
        }
    }

    #[test]
    fn what_nobody_knows_is_unknown() {
        for statement in [
            "CALL backfill()",
            "DO $$ BEGIN COMMIT; END $$",
            "CREATE INDEX CONCURRENTLY ON t (a)",
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
            "SELECT pg_drop_replication_slot('a'), pg_drop_replication_slot('b')",
            "SELECT pg_drop_replication_slot(lower('A'))",
            "SELECT pg_drop_replication_slot('a') FROM t",
            "SELECT f()",
            "CREATE MATERIALIZED VIEW v AS SELECT 1",
            "",
        ] {
            assert_eq!(Alone::parse(statement), Alone::Unknown, "{statement}");
        }
    }
}
