//! What a statement did, derived from the moments before and after it: a pure function.
//!
//! What comes in are two snapshots and the locks in between; what goes out is an [`Observation`], such as
//! `rewritten: [orders], risk: High`. A table was rewritten if its file is another one, an index was built if it has
//! a new file, and a table was scanned if its counter has grown. So nothing has to be known about the statement
//! itself.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::Risk;

use super::lock_mode::LockMode;
use super::relation::Relation;
use super::report::Lock;
use super::snapshot::{Entry, Kind, Locks, Oid, Snapshot};

/// What a statement did to relations that existed before its migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) locks: Vec<Lock>,
    pub(super) held: Vec<Lock>,
    pub(super) rewritten: Vec<Relation>,
    pub(super) indexed: Vec<Relation>,
    pub(super) scanned: Vec<Relation>,
    pub(super) dropped: Vec<Relation>,
    pub(super) risk: Risk,
}

/// Compares the moments before and after a statement that took the locks `taken`. `old` are the relations that
/// existed before the migration.
pub(super) fn observe(
    old: &BTreeSet<Oid>,
    before: &Snapshot,
    taken: &Locks,
    after: &Snapshot,
) -> Observation {
    let seen = Seen { old, before, after };
    let rewritten = seen.rewritten();
    // A rewrite builds all indexes anew and reads all rows, so that is not listed once more.
    let indexed: BTreeSet<Oid> = seen.indexed().difference(&rewritten).copied().collect();
    let read_anyway: BTreeSet<Oid> = rewritten.union(&indexed).copied().collect();
    let scanned: BTreeSet<Oid> = seen.scanned().difference(&read_anyway).copied().collect();
    let dropped = seen.dropped();
    let works = !(read_anyway.is_empty() && scanned.is_empty());

    let locks = seen.strongest(taken);
    let mut held = seen.strongest(&before.locks);
    held.retain(|oid, mode| works && seen.stops(*oid, *mode));

    let stopped: BTreeSet<Oid> = locks
        .iter()
        .filter(|(oid, mode)| seen.stops(**oid, **mode) && seen.is(**oid, Kind::Table))
        // A table with its indexes and partitions counts once.
        .map(|(oid, _)| before.family(*oid))
        .collect();
    let stops = locks.iter().any(|(oid, mode)| seen.stops(*oid, *mode)) || !held.is_empty();
    let keeps_its_like_out = locks.values().any(|mode| *mode == LockMode::ShareUpdateExclusive);
    let risk = if dropped.iter().any(|oid| seen.is(*oid, Kind::Table)) || (works && stops) {
        Risk::High
    } else if stopped.len() > 1 || (works && keeps_its_like_out) {
        Risk::Controlled
    } else {
        Risk::Safe
    };
    Observation {
        locks: seen.locks(&locks),
        held: seen.locks(&held),
        rewritten: seen.relations(&rewritten),
        indexed: seen.relations(&indexed),
        scanned: seen.relations(&scanned),
        dropped: seen.relations(&dropped),
        risk,
    }
}

/// The two moments, and the relations that count.
struct Seen<'a> {
    old: &'a BTreeSet<Oid>,
    before: &'a Snapshot,
    after: &'a Snapshot,
}

impl Seen<'_> {
    /// The relations that existed before the migration, and still did before the statement.
    fn old(&self) -> impl Iterator<Item = (Oid, &Entry)> {
        let entries = self.before.relations.iter().map(|(oid, entry)| (*oid, entry));
        entries.filter(|(oid, _)| self.old.contains(oid))
    }

    /// Whether it is one of them.
    fn is_old(&self, oid: Oid) -> bool {
        self.old.contains(&oid) && self.before.relations.contains_key(&oid)
    }

    /// The relations that exist both before and after the statement.
    fn kept(&self) -> impl Iterator<Item = (Oid, &Entry, &Entry)> {
        self.old().filter_map(|(oid, before)| Some((oid, before, self.after.relations.get(&oid)?)))
    }

    /// The tables whose rows are in a new file.
    fn rewritten(&self) -> BTreeSet<Oid> {
        let changed =
            self.kept().filter(|(_, before, after)| before.kind != Kind::Index && before.file != after.file);
        changed.map(|(oid, ..)| oid).collect()
    }

    /// The tables of which all rows were read.
    fn scanned(&self) -> BTreeSet<Oid> {
        let read =
            self.kept().filter(|(_, before, after)| before.kind != Kind::Index && after.scans > before.scans);
        read.map(|(oid, ..)| oid).collect()
    }

    /// The tables with an index in a new file. A change of type that keeps the order gives the index a new identifier
    /// and its old file.
    fn indexed(&self) -> BTreeSet<Oid> {
        let files: BTreeSet<Oid> = self.before.relations.values().map(|entry| entry.file).collect();
        let is_built =
            |entry: &&Entry| entry.kind == Kind::Index && entry.file != 0 && !files.contains(&entry.file);
        let tables = self.after.relations.values().filter(is_built).filter_map(|entry| entry.parent);
        tables.filter(|table| self.old.contains(table)).collect()
    }

    /// The relations that are gone, without indexes: no data is lost with those.
    fn dropped(&self) -> BTreeSet<Oid> {
        let gone = self
            .old()
            .filter(|(oid, entry)| entry.kind != Kind::Index && !self.after.relations.contains_key(oid));
        gone.map(|(oid, _)| oid).collect()
    }

    /// The strongest lock on each relation.
    ///
    /// Of the locks on indexes only those count for which even the planner of a query on the table waits, and only if
    /// the table itself is not locked as strongly.
    fn strongest(&self, locks: &Locks) -> BTreeMap<Oid, LockMode> {
        // In the order of the modes, so the last one for a relation is the strongest.
        let of_old = locks.iter().copied().filter(|(oid, _)| self.is_old(*oid));
        let mut strongest: BTreeMap<Oid, LockMode> = of_old.collect();
        let is_locked_whole = |table: Oid| {
            let lock = (table, LockMode::AccessExclusive);
            locks.contains(&lock) || self.before.locks.contains(&lock)
        };
        strongest.retain(|oid, mode| match &self.before.relations[oid] {
            Entry { kind: Kind::Index, parent, .. } => {
                *mode == LockMode::AccessExclusive && !parent.is_some_and(is_locked_whole)
            }
            _ => true,
        });
        strongest
    }

    /// Whether other sessions have to wait. Only a refresh writes to a materialized view.
    fn stops(&self, oid: Oid, mode: LockMode) -> bool {
        match self.is(oid, Kind::MaterializedView) {
            true => mode == LockMode::AccessExclusive,
            false => mode.stops_writes(),
        }
    }

    /// Whether it is a relation of this kind.
    fn is(&self, oid: Oid, kind: Kind) -> bool {
        self.before.relations.get(&oid).is_some_and(|entry| entry.kind == kind)
    }

    /// The locks with the names of their relations.
    fn locks(&self, locks: &BTreeMap<Oid, LockMode>) -> Vec<Lock> {
        let lock = |(oid, mode): (&Oid, &LockMode)| Lock {
            relation: self.before.relations[oid].relation.clone(),
            mode: *mode,
        };
        let mut locks: Vec<Lock> = locks.iter().map(lock).collect();
        locks.sort();
        locks
    }

    /// The names of the relations.
    fn relations(&self, oids: &BTreeSet<Oid>) -> Vec<Relation> {
        let mut relations: Vec<Relation> =
            oids.iter().filter_map(|oid| Some(self.before.relations.get(oid)?.relation.clone())).collect();
        relations.sort();
        relations
    }
}

#[cfg(test)]
mod tests {
    use super::LockMode::{
        AccessExclusive, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive, ShareUpdateExclusive,
    };
    use super::*;

    const T: Oid = 1;
    const T_INDEX: Oid = 2;
    const R: Oid = 3;
    const PART: Oid = 4;
    const VIEW: Oid = 5;
    const MV: Oid = 6;
    const NEW: Oid = 7;

    /// A table with an index and a partition, a second table, a view, a materialized view, and a table that the same
    /// migration created.
    fn database() -> Snapshot {
        let entry = |oid, name: &str, kind, parent| {
            let relation = Relation { schema: "public".into(), name: name.into() };
            let file = if kind == Kind::View { 0 } else { oid * 10 };
            (oid, Entry { relation, kind, file, parent, scans: 0 })
        };
        let relations = [
            entry(T, "t", Kind::Table, None),
            entry(T_INDEX, "t_index", Kind::Index, Some(T)),
            entry(R, "r", Kind::Table, None),
            entry(PART, "t_part", Kind::Table, Some(T)),
            entry(VIEW, "view", Kind::View, None),
            entry(MV, "mv", Kind::MaterializedView, None),
            entry(NEW, "new", Kind::Table, None),
        ];
        Snapshot { relations: relations.into(), locks: Locks::new() }
    }

    /// What a statement does besides taking locks.
    type Act = fn(&mut Snapshot);

    fn entry(database: &mut Snapshot, oid: Oid) -> &mut Entry {
        database.relations.get_mut(&oid).unwrap()
    }

    fn seen(held: &[(Oid, LockMode)], taken: &[(Oid, LockMode)], act: Act) -> Observation {
        let before = Snapshot { locks: held.iter().copied().collect(), ..database() };
        let mut after = before.clone();
        act(&mut after);
        let old = before.relations.keys().copied().filter(|oid| *oid != NEW).collect();
        observe(&old, &before, &taken.iter().copied().collect(), &after)
    }

    fn names(relations: &[Relation]) -> Vec<&str> {
        relations.iter().map(|relation| relation.name.as_str()).collect()
    }

    const NOTHING: Act = |_| {};
    const SCAN: Act = |after| entry(after, T).scans += 1;
    const REWRITE: Act = |after| entry(after, T).file += 1;
    const REINDEX: Act = |after| entry(after, T_INDEX).file += 1;
    const SCAN_NEW: Act = |after| entry(after, NEW).scans += 1;
    const REFRESH: Act = |after| entry(after, MV).scans += 1;

    fn drop_relation(after: &mut Snapshot, oid: Oid) {
        after.relations.remove(&oid);
    }

    #[test]
    fn the_class_follows_from_locks_and_work() {
        use Risk::{Controlled, High, Safe};
        type Held<'a> = &'a [(Oid, LockMode)];
        let cases: [(Held<'_>, Held<'_>, Act, Risk); 31] = [
            // held, taken, what else, the class
            (&[], &[], NOTHING, Safe),
            // For a moment, with a lock_timeout.
            (&[], &[(T, AccessExclusive)], NOTHING, Safe),
            (&[], &[(T, AccessExclusive)], SCAN, High),
            (&[], &[(T, AccessExclusive)], REWRITE, High),
            (&[], &[(T, AccessExclusive)], REINDEX, High),
            (&[], &[(T, Exclusive)], SCAN, High),
            (&[], &[(T, ShareRowExclusive)], SCAN, High),
            (&[], &[(T, Share)], REINDEX, High),
            (&[], &[(T, ShareUpdateExclusive)], NOTHING, Safe),
            (&[], &[(T, ShareUpdateExclusive)], SCAN, Controlled),
            (&[], &[(T, ShareUpdateExclusive)], REINDEX, Controlled),
            (&[], &[(T, RowExclusive)], SCAN, Safe),
            (&[], &[(T, RowShare)], SCAN, Safe),
            (&[], &[], SCAN, Safe),
            // The work on one table while another is locked.
            (&[], &[(R, AccessExclusive)], SCAN, High),
            (&[(R, AccessExclusive)], &[(T, RowExclusive)], SCAN, High),
            (&[(R, Share)], &[], SCAN, High),
            (&[(R, ShareUpdateExclusive)], &[(T, RowExclusive)], SCAN, Safe),
            (&[(R, AccessExclusive)], &[(T, RowExclusive)], NOTHING, Safe),
            // Two tables; a table and its index or partition are one.
            (&[], &[(T, AccessExclusive), (R, ShareRowExclusive)], NOTHING, Controlled),
            (&[], &[(T, AccessExclusive), (PART, AccessExclusive)], NOTHING, Safe),
            (&[], &[(T, Share), (T_INDEX, AccessExclusive)], NOTHING, Safe),
            (&[], &[(T, AccessExclusive), (VIEW, AccessExclusive)], NOTHING, Safe),
            // Nobody uses what the migration created.
            (&[], &[(NEW, AccessExclusive)], SCAN_NEW, Safe),
            (&[(NEW, AccessExclusive)], &[], SCAN, Safe),
            (&[], &[(T, AccessExclusive)], SCAN_NEW, Safe),
            // Nobody writes to a materialized view.
            (&[], &[(MV, Exclusive)], REFRESH, Safe),
            (&[], &[(MV, AccessExclusive)], REFRESH, High),
            // Rows that are gone.
            (&[], &[(R, AccessExclusive)], |after| drop_relation(after, R), High),
            (&[], &[(VIEW, AccessExclusive)], |after| drop_relation(after, VIEW), Safe),
            (&[], &[(NEW, AccessExclusive)], |after| drop_relation(after, NEW), Safe),
        ];
        for (number, (held, taken, act, risk)) in cases.into_iter().enumerate() {
            assert_eq!(seen(held, taken, act).risk, risk, "case {number}: {held:?} {taken:?}");
        }
    }

    #[test]
    fn work_is_told_once() {
        let rewrite = seen(&[], &[], |after| {
            REWRITE(after);
            REINDEX(after);
            SCAN(after);
        });
        assert_eq!(names(&rewrite.rewritten), ["t"]);
        assert_eq!((names(&rewrite.indexed), names(&rewrite.scanned)), (vec![], vec![]));
        let index = seen(&[], &[], |after| {
            REINDEX(after);
            SCAN(after);
        });
        assert_eq!((names(&index.indexed), names(&index.scanned)), (vec!["t"], vec![]));
    }

    #[test]
    fn an_index_that_keeps_its_file_was_not_built() {
        let moved = seen(&[], &[], |after| {
            let index = after.relations.remove(&T_INDEX).unwrap();
            after.relations.insert(99, index);
        });
        assert_eq!(moved.indexed, []);
        let built = seen(&[], &[], |after| {
            let index = entry(after, T_INDEX).clone();
            after.relations.insert(99, Entry { file: 990, ..index });
        });
        assert_eq!(names(&built.indexed), ["t"]);
        // The index of a partitioned table has no rows of its own.
        let partitioned = seen(&[], &[], |after| {
            let index = entry(after, T_INDEX).clone();
            after.relations.insert(99, Entry { file: 0, ..index });
        });
        assert_eq!(partitioned.indexed, []);
    }

    #[test]
    fn a_relation_has_its_strongest_lock() {
        let locks = |held: &[(Oid, LockMode)], taken: &[(Oid, LockMode)]| {
            let locks = seen(held, taken, NOTHING).locks;
            locks.iter().map(|lock| format!("{}: {}", lock.relation, lock.mode)).collect::<Vec<_>>()
        };
        assert_eq!(locks(&[], &[(T, AccessExclusive), (T, RowShare), (T, Share)]), ["t: ACCESS EXCLUSIVE"]);
        assert_eq!(locks(&[(T, AccessExclusive)], &[(T, RowExclusive)]), ["t: ROW EXCLUSIVE"]);
        // Of an index, only what stops the planner, and what its table does not say already.
        assert_eq!(locks(&[], &[(T_INDEX, ShareUpdateExclusive)]), [""; 0]);
        assert_eq!(
            locks(&[], &[(T, Share), (T_INDEX, AccessExclusive)]),
            ["t: SHARE", "t_index: ACCESS EXCLUSIVE"]
        );
        assert_eq!(locks(&[], &[(T, AccessExclusive), (T_INDEX, AccessExclusive)]), ["t: ACCESS EXCLUSIVE"]);
        assert_eq!(locks(&[(T, AccessExclusive)], &[(T_INDEX, AccessExclusive)]), [""; 0]);
    }

    #[test]
    fn what_is_held_is_told_where_it_hurts() {
        let held = [(R, AccessExclusive), (T, RowExclusive), (MV, Exclusive), (NEW, AccessExclusive)];
        assert_eq!(seen(&held, &[], NOTHING).held, []);
        let working = seen(&held, &[], SCAN).held;
        assert_eq!(working.iter().map(|lock| lock.relation.name.as_str()).collect::<Vec<_>>(), ["r"]);
    }

    #[test]
    fn a_relation_is_known_by_its_name_before() {
        let renamed = seen(&[], &[(T, AccessExclusive)], |after| entry(after, T).relation.name = "u".into());
        assert_eq!(renamed.locks[0].relation.name, "t");
        assert_eq!(renamed.dropped, []);
        assert_eq!(names(&seen(&[], &[], |after| drop_relation(after, VIEW)).dropped), ["view"]);
    }
}
