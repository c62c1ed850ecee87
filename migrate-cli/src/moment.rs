//! The clock of the program: the current time comes in, and a version such as `20251107100000` goes out. The core knows no
//! clock, so the verbs pass the time to it.

use std::time::{SystemTime, UNIX_EPOCH};

use migrate::Version;

const DAY: u64 = 86_400;

/// The current second in UTC as a version: `20251107100000`.
pub(crate) fn now() -> Version {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    version(since.as_secs())
}

/// A second since 1970 as a version.
fn version(second: u64) -> Version {
    let (year, month, day) = date(second / DAY);
    let time = second % DAY;
    let number = [month, day, time / 3600, time / 60 % 60, time % 60]
        .into_iter()
        .fold(year, |number, pair| number * 100 + pair);
    Version::new(number).expect("a year of at most twelve digits fits")
}

/// The year, month and day of a day since 1970. An era has 400 years, and a year begins in March, so that a leap day is the
/// last day of a year (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_a_version() {
        let cases = [
            (0, 19700101000000),
            (951_782_399, 20000228235959),
            (951_782_400, 20000229000000),
            (951_868_800, 20000301000000),
            (1_735_689_599, 20241231235959),
            (1_735_689_600, 20250101000000),
            (4_107_542_399, 21000228235959),
            (4_107_542_400, 21000301000000), // 2100 is not a leap year
        ];
        for (second, want) in cases {
            assert_eq!(version(second).as_i64(), want, "{second}");
        }
    }

    #[test]
    fn now_is_a_timestamp() {
        assert!(now().is_timestamp() && now().as_i64() > 20251101000000);
    }
}
