//! What was seen, in the words of the tables.

use std::collections::BTreeMap;

use migrate::testing::{LockMode, Relation, StatementTrace};

/// The strongest lock on each relation.
pub(crate) fn locks(statements: &[StatementTrace]) -> String {
    let mut strongest: BTreeMap<String, LockMode> = BTreeMap::new();
    for lock in statements.iter().flat_map(|statement| &statement.locks) {
        let mode = strongest.entry(lock.relation.to_string()).or_insert(lock.mode);
        *mode = lock.mode.max(*mode);
    }
    let short = |mode| match mode {
        LockMode::RowShare => "RS",
        LockMode::RowExclusive => "RX",
        LockMode::ShareUpdateExclusive => "SUE",
        LockMode::Share => "S",
        LockMode::ShareRowExclusive => "SRE",
        LockMode::Exclusive => "X",
        LockMode::AccessExclusive => "AEL",
    };
    let locks = strongest.into_iter().map(|(relation, mode)| format!("{relation}:{}", short(mode)));
    locks.collect::<Vec<_>>().join(" ")
}

/// What grows with the tables.
pub(crate) fn work(statements: &[StatementTrace]) -> String {
    let of = |what: &str, relations: &[Relation]| -> Vec<String> {
        relations.iter().map(|relation| format!("{what} {relation}")).collect()
    };
    let works = statements.iter().flat_map(|statement| {
        let StatementTrace { rewritten, indexed, scanned, .. } = statement;
        [of("rewrite", rewritten), of("index", indexed), of("scan", scanned)]
    });
    works.flatten().collect::<Vec<_>>().join(", ")
}
