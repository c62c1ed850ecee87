//! The number that orders a migration, and the two lengths of timestamps that diesel's tools write.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The number that orders a migration: the part of its file name before the first `_`.
///
/// A version is a whole number from 0 to [`Version::MAX`]; hyphens in it do not count, so diesel's
/// `2024-02-12-120203` is 20240212120203. Versions order by their number, never by their string, with one
/// exception: a timestamp of 18 digits (`2026-07-30-140000-0000`, what diesel's tools write since 2026)
/// compares with one of 14 as the moment it names.
///
/// ```
/// use migrate_core::Version;
///
/// let v: Version = "2024-02-12-120203".parse()?;
/// assert_eq!(v.to_string(), "20240212120203");
/// assert!(v < "2026-07-30-140000-0000".parse()?);
/// assert!("2026-07-30-140000-0000".parse::<Version>()? < "20260730140001".parse()?);
/// # Ok::<(), migrate_core::InvalidVersion>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(i64);

impl Version {
    /// The highest version: the largest `bigint`.
    pub const MAX: Version = Version(i64::MAX);

    /// The version with this number, or `None` above [`Version::MAX`].
    pub const fn new(number: u64) -> Option<Version> {
        if number > i64::MAX as u64 { None } else { Some(Version(number.cast_signed())) }
    }

    /// The number, as the history table stores it.
    pub const fn as_i64(self) -> i64 {
        self.0
    }

    /// The version that a history row holds, or `None` for a negative number, which this library never writes.
    pub const fn from_i64(number: i64) -> Option<Version> {
        if number < 0 { None } else { Some(Version(number)) }
    }

    /// Whether the version reads as a moment to the second, with 14 digits or with 18.
    pub const fn is_timestamp(self) -> bool {
        is_moment(self.0) || self.is_long_timestamp()
    }

    /// Whether the version reads as a bare date (`20251202`), which sorts before every timestamp.
    pub const fn is_date(self) -> bool {
        is_day(self.0)
    }

    const fn is_long_timestamp(self) -> bool {
        self.0 >= 100_000_000_000_000_000 && is_moment(self.0 / LONG_TAIL)
    }

    /// The number on the scale of 14 digits, then what the longer form adds to it.
    const fn order(self) -> (i64, i64) {
        if self.is_long_timestamp() { (self.0 / LONG_TAIL, self.0 % LONG_TAIL) } else { (self.0, 0) }
    }
}

/// The scale between a timestamp of 14 digits and one of 18, which has four more digits after the second.
const LONG_TAIL: i64 = 10_000;

/// Whether `number` has 14 digits that read as year, month, day, hour, minute and second.
const fn is_moment(number: i64) -> bool {
    let (day, time) = (number / 1_000_000, number % 1_000_000);
    is_day(day) && time / 10_000 < 24 && time / 100 % 100 < 60 && time % 100 < 60
}

const fn is_day(number: i64) -> bool {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    year >= 1970 && year <= 2999 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        // The number breaks the tie between `20260730140000` and `2026-07-30-140000-0000`, which are two versions.
        self.order().cmp(&other.order()).then(self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    /// Reads digits with hyphens between them.
    fn from_str(text: &str) -> Result<Version, InvalidVersion> {
        let starts_and_ends_in_digits =
            text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_digit());
        if !starts_and_ends_in_digits || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(InvalidVersion::NotANumber);
        }
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        digits.parse().map(Version).map_err(|_| InvalidVersion::TooLarge)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

/// Why a text is not a [`Version`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidVersion {
    /// It has characters other than digits with hyphens between them.
    NotANumber,
    /// It is above [`Version::MAX`], 9223372036854775807.
    TooLarge,
}

impl fmt::Display for InvalidVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidVersion::NotANumber => {
                f.write_str("a version is digits, with or without hyphens between them")
            }
            InvalidVersion::TooLarge => {
                write!(f, "a version is at most {}, what a bigint holds", Version::MAX)
            }
        }
    }
}

impl std::error::Error for InvalidVersion {}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn parses_numbers_and_refuses_the_rest() {
        let cases = [
            ("0", Ok(0)),
            ("00000000000000", Ok(0)), // every diesel tree starts with it
            ("1", Ok(1)),
            ("0007", Ok(7)),
            ("2024-02-12-120203", Ok(20240212120203)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("9223372036854775808", Err(InvalidVersion::TooLarge)),
            ("99999999999999999999999", Err(InvalidVersion::TooLarge)),
            ("", Err(InvalidVersion::NotANumber)),
            ("-1", Err(InvalidVersion::NotANumber)),
            ("1-", Err(InvalidVersion::NotANumber)),
            ("+1", Err(InvalidVersion::NotANumber)),
            ("1.5", Err(InvalidVersion::NotANumber)),
            ("١", Err(InvalidVersion::NotANumber)), // a digit to Unicode, not to a file name
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<Version>().map(Version::as_i64), want, "{text:?}");
        }
    }

    #[test]
    fn orders_by_number_and_timestamps_by_moment() {
        let ascending = [
            "0",
            "2",
            "10",
            "20251202",
            "20251117022438",
            "2026-07-30-140000",
            "2026-07-30-140000-0000",
            "2026-07-30-140000-0001",
            "2026-07-30-140001",
            "202601016134308",    // 15 digits: a number, not a moment
            "202613302460600000", // 18 digits, but there is no month 13
        ];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn tells_dates_from_timestamps() {
        assert!(version("20251202").is_date());
        assert!(!version("20251302").is_date());
        assert!(!version("7").is_date());
        assert!(version("20251117022438").is_timestamp());
        assert!(version("2026-07-30-140000-0000").is_timestamp());
        assert!(!version("20251117026138").is_timestamp());
        assert!(!version("20251202").is_timestamp());
    }
}
