//! How the folder writes its versions, so that a new one looks like the others: after `007` comes `008`, and after
//! `2024-02-12-120203` a timestamp with hyphens.

use super::names::next_version;
use crate::Version;

/// How a folder writes its versions.
#[derive(Clone, Copy)]
pub(super) struct Style {
    is_moment: bool,
    /// Timestamps with hyphens: `2024-02-12-120203`.
    has_hyphens: bool,
    /// For plain numbers, the width to pad to.
    width: usize,
}

impl Style {
    pub(super) const MOMENT: Style = Style { is_moment: true, has_hyphens: false, width: 14 };

    pub(super) fn of(number: &str) -> Style {
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let has_hyphens = number.contains('-');
        Style { is_moment: digits >= 14, has_hyphens, width: if has_hyphens { 0 } else { digits } }
    }

    /// A version above `latest`: `now`, if that is above it.
    pub(super) fn following(self, latest: Option<Version>, now: Version) -> Version {
        match latest {
            Some(latest) if self.is_moment && latest < now => now,
            None if self.is_moment => now,
            _ => next_version(latest.or(Version::new(0))).unwrap_or(Version::MAX),
        }
    }

    pub(super) fn number(self, version: Version) -> String {
        let digits = version.to_string();
        if self.has_hyphens && self.is_moment && version.is_timestamp() {
            let (day, time) = digits.split_at(8);
            let rest: Vec<&str> = [&day[..4], &day[4..6], &day[6..], &time[..6], &time[6..]].into();
            return rest.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        }
        format!("{digits:0>width$}", width = self.width)
    }
}
