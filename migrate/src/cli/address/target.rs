//! `target_session_attrs`: which of several servers a connection may use.

use super::AddressError;

/// Which of several servers fits (PostgreSQL manual, 34.1.2, `target_session_attrs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Target {
    /// The first that answers.
    Any,
    /// The first whose sessions can write.
    ReadWrite,
    /// The first whose sessions cannot write.
    ReadOnly,
    /// The first that is not a standby.
    Primary,
    /// The first that is a standby.
    Standby,
    /// The first that is a standby, else the first that answers.
    PreferStandby,
}

impl Target {
    const ALL: [(&'static str, Target); 6] = [
        ("any", Target::Any),
        ("read-write", Target::ReadWrite),
        ("read-only", Target::ReadOnly),
        ("primary", Target::Primary),
        ("standby", Target::Standby),
        ("prefer-standby", Target::PreferStandby),
    ];

    pub(super) fn parse(text: &str) -> Result<Target, AddressError> {
        let known = Target::ALL.iter().find(|(name, _)| *name == text);
        known.map(|(_, target)| *target).ok_or_else(|| {
            AddressError::new(
                "the value of `target_session_attrs` is unknown",
                "write `any`, `read-write`, `read-only`, `primary`, `standby` or `prefer-standby`",
            )
        })
    }

    /// The targets to try, one after another. All servers are tried for each of them.
    pub(in crate::cli) fn passes(self) -> &'static [Target] {
        match self {
            Target::Any => &[Target::Any],
            Target::ReadWrite => &[Target::ReadWrite],
            Target::ReadOnly => &[Target::ReadOnly],
            Target::Primary => &[Target::Primary],
            Target::Standby => &[Target::Standby],
            Target::PreferStandby => &[Target::Standby, Target::Any],
        }
    }
}
