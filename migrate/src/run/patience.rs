//! How long a try waits for a lock, and how long the pause after it is.
//!
//! A statement that waits for a lock makes all later ones queue after it, readers too. So the first try is short, and a
//! pause is at least seven times as long as the try: however long a table is blocked, its readers wait at most a fifth of the time.

use std::time::Duration;

use crate::driver::{Attempt, Timeouts, Transaction};

/// Longer than the transactions of a busy application, and too short for its users to notice.
const FIRST: Duration = Duration::from_millis(200);

/// Sets how long each transaction waits for a lock in the try that comes after `tries`: half as long again each time, and as long
/// as its limit allows in the last one.
pub(super) fn limit(transactions: &mut [Transaction<'_>], tries: usize, retries: usize) {
    for piece in transactions.iter_mut().filter_map(|transaction| transaction.piece.as_mut()) {
        piece.attempt = Attempt { longest_wait: wait(tries, retries), is_again: tries > 0 };
    }
}

/// `None` for the last try, whose limits alone count.
fn wait(tries: usize, retries: usize) -> Option<Duration> {
    let growth = 1.5_f64.powi(i32::try_from(tries.min(16)).unwrap_or(16));
    (tries < retries).then(|| FIRST.mul_f64(growth))
}

/// The pause after a try that ended because a lock was not free within these limits.
pub(super) fn pause_after(timeouts: Timeouts) -> Duration {
    pause(timeouts, fastrand::f64())
}

/// `random` is from 0 to 1.
fn pause(timeouts: Timeouts, random: f64) -> Duration {
    timeouts.lock.unwrap_or(FIRST).mul_f64(7.0 + random)
}

/// The pause after a try that failed for another passing reason. It has a random part, so that two runners that collided do
/// not collide again.
pub(super) fn pause_after_collision(tries: usize) -> Duration {
    const LONGEST: Duration = Duration::from_secs(10);
    let pause = Duration::from_millis(200).saturating_mul(1 << tries.min(10)).min(LONGEST);
    pause.mul_f64(0.5 + 0.5 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use migrate_core::{Engine, Script};

    use super::*;
    use crate::driver::Piece;

    #[test]
    fn each_try_waits_longer_up_to_the_limit() {
        let cases = [
            (Some(5_000), 3, [Some(200), Some(300), Some(450), Some(5_000)]),
            (Some(500), 3, [Some(200), Some(300), Some(450), Some(500)]),
            (Some(50), 3, [Some(50); 4]),
            // 0 is no limit, and None the limit of the connection: both are what the user asked for.
            (Some(0), 3, [Some(0); 4]),
            (None, 3, [None; 4]),
        ];
        let script = Script::of_text("SELECT 1", Engine::Postgres, true);
        for (limit, retries, want) in cases {
            let lock = limit.map(Duration::from_millis);
            let mut piece = Piece::whole(&script, Timeouts { lock, statement: None });
            let waits = (0..=retries).map(|tries| {
                piece.attempt.longest_wait = wait(tries, retries);
                piece.timeouts().lock
            });
            let want: Vec<_> = want.into_iter().map(|wait| wait.map(Duration::from_millis)).collect();
            assert_eq!(waits.collect::<Vec<_>>(), want, "{limit:?}");
        }
    }

    /// Whenever the blocker ends, the tries up to then were at most a fifth of the time.
    #[test]
    fn readers_wait_at_most_a_fifth_of_the_time() {
        let limit = Duration::from_secs(5);
        let (mut waited, mut paused) = (Duration::ZERO, Duration::ZERO);
        for tries in 0..10 {
            let lock = wait(tries, 10).map(|wait| wait.min(limit));
            waited += lock.unwrap();
            let share = waited.as_secs_f64() / (waited + paused).as_secs_f64();
            // The first tries are too short to count.
            assert!(
                share <= 0.2 || waited < Duration::from_secs(2),
                "{tries}: {share} of {waited:?} and {paused:?}"
            );
            paused += pause(Timeouts { lock, statement: None }, 0.0);
        }
    }
}
