//! Splits work into one share for each processor. Reading and analysing 1,000 migrations is the slow part of a build.

use std::thread;

/// Below this number of items, more threads cost more than they save.
const FEW: usize = 32;

/// Gives each processor a share of the items, together with the items before that share, and returns the results in
/// order. Even a single share gets a thread of its own: a parser needs a known stack size, and the caller's may be small.
/// On a platform without threads the work is done here.
pub fn in_shares<'a, T: Sync, U: Send>(
    items: &'a [T],
    work: impl Fn(&'a [T], &'a [T]) -> Vec<U> + Sync,
) -> Vec<U> {
    let Ok(processors) = thread::available_parallelism() else { return work(&[], items) };
    let size = items.len().div_ceil(processors.get()).max(FEW);
    let work = &work;
    thread::scope(|scope| {
        let starts = (0..items.len()).step_by(size);
        let shares: Vec<_> = starts
            .map(|start| {
                let (before, rest) = items.split_at(start);
                scope.spawn(move || work(before, &rest[..size.min(rest.len())]))
            })
            .collect();
        let done = shares.into_iter().map(|share| share.join().expect("reading and analysing do not panic"));
        done.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_in_one_share_and_knows_those_before_it() {
        for count in [0, 1, FEW - 1, FEW, FEW + 1, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let done = in_shares(&items, |before, share| {
                assert_eq!(before, &items[..before.len()]);
                share.iter().zip(before.len()..).collect()
            });
            assert!(done.iter().map(|(item, at)| (**item, *at)).eq((0..count).map(|i| (i, i))), "{count}");
        }
    }
}
