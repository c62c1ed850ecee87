//! The relations and locks of a session at one moment, from the catalog.
//!
//! What comes in is a client; what goes out is a [`Snapshot`]: the relations by their identifier, with file and
//! number of scans, and the locks that the session holds.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use super::lock_mode::LockMode;
use super::relation::Relation;

/// The identifier of a relation in the catalog. It stays when the relation is renamed.
pub(super) type Oid = u32;

/// Relations by their identifier, with the mode of a lock.
pub(super) type Locks = BTreeSet<(Oid, LockMode)>;

/// The relations as a session sees them at one moment, and the locks that it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub(super) relations: BTreeMap<Oid, Entry>,
    pub(super) locks: Locks,
}

/// A relation in the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) relation: Relation,
    pub(super) kind: Kind,
    /// The file of its rows; 0 if it has none. A new one means that all rows were written anew.
    pub(super) file: Oid,
    /// The table of an index, or the partitioned table of a partition.
    pub(super) parent: Option<Oid>,
    /// The number of times that all rows were read.
    pub(super) scans: i64,
}

/// The kinds of relations that a trace distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    View,
    MaterializedView,
    Index,
}

/// Which scans count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// Those of the open transaction. Earlier ones of the session may be included, so only a difference means
    /// anything.
    Transaction,
    /// All scans so far. Before PostgreSQL 15, those of the last half second may be missing.
    Ever,
}

/// Without temporary tables, which no other session uses, TOAST tables, which follow their own, and foreign tables,
/// whose rows are elsewhere.
const RELATIONS: &str = "
    WITH ours AS (SELECT pg_catalog.to_regclass(name)::oid AS oid FROM unnest($1) AS name)
    SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relfilenode,
        coalesce(i.indrelid, (SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid LIMIT 1)),
        pg_catalog.pg_stat_get_xact_numscans(c.oid)
            + CASE WHEN $2 THEN pg_catalog.pg_stat_get_numscans(c.oid) ELSE 0 END
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'i', 'I')
        AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
        AND NOT EXISTS (SELECT FROM ours WHERE ours.oid IN (c.oid, i.indrelid))";

const LOCKS: &str = "SELECT relation, mode FROM pg_catalog.pg_locks
    WHERE locktype = 'relation' AND granted AND pid = pg_catalog.pg_backend_pid()
        AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

impl Snapshot {
    /// Reads it in the session that is observed: other sessions do not see what is not committed. `ours` are the
    /// tables of the history, which are left out.
    pub(super) async fn read(client: &Client, ours: &[String], counts: Counts) -> Result<Snapshot, Error> {
        let ever = counts == Counts::Ever;
        let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&ours, Type::TEXT_ARRAY), (&ever, Type::BOOL)];
        let relations = client.query_typed(RELATIONS, &parameters);
        let (relations, locks) = futures_util::join!(relations, client.query_typed(LOCKS, &[]));
        Ok(Snapshot {
            relations: relations?.iter().map(entry).collect::<Result<_, _>>()?,
            locks: read_locks(&locks?)?,
        })
    }

    /// The one table whose use stops when this relation is locked: for an index its table, for a partition the
    /// partitioned table.
    pub(super) fn family(&self, oid: Oid) -> Oid {
        let mut root = oid;
        while let Some(parent) = self.relations.get(&root).and_then(|entry| entry.parent) {
            root = parent;
        }
        root
    }
}

/// A relation from a row.
fn entry(row: &Row) -> Result<(Oid, Entry), Error> {
    let kind = match row.try_get(3)? {
        "v" => Kind::View,
        "m" => Kind::MaterializedView,
        "i" | "I" => Kind::Index,
        _ => Kind::Table,
    };
    let relation = Relation { schema: row.try_get(1)?, name: row.try_get(2)? };
    let entry =
        Entry { relation, kind, file: row.try_get(4)?, parent: row.try_get(5)?, scans: row.try_get(6)? };
    Ok((row.try_get(0)?, entry))
}

/// Locks from rows that begin with relation and mode.
pub(super) fn read_locks(rows: &[Row]) -> Result<Locks, Error> {
    let mut locks = Locks::new();
    for row in rows {
        locks.extend(LockMode::from_catalog(row.try_get(1)?).map(|mode| (row.get(0), mode)));
    }
    Ok(locks)
}
