//! Problems of `-- migrate:` comments.

use std::borrow::Cow;

use super::wording::Wording;
use crate::Hazard;
use crate::directive_key::DirectiveKey;

/// A `-- migrate:` comment that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DirectiveProblem {
    /// There is no directive of this name.
    Unknown {
        /// The word after `migrate:`.
        key: String,
        /// The directive that may have been meant.
        closest: Option<DirectiveKey>,
    },
    /// `-- migrate key` instead of `-- migrate: key`.
    WithoutColon {
        /// The directive.
        key: DirectiveKey,
    },
    /// A directive with a value that it does not take.
    Value {
        /// The directive.
        key: DirectiveKey,
        /// The value.
        value: String,
        /// What it takes, if it takes anything.
        expected: Option<&'static str>,
    },
    /// A directive in a script where it has no meaning.
    InWrongPart {
        /// The directive.
        key: DirectiveKey,
        /// Whether it belongs to the rollback script.
        belongs_to_down: bool,
    },
    /// A directive after a statement.
    BelowStatement {
        /// The directive.
        key: DirectiveKey,
    },
    /// A directive inside a statement.
    InsideStatement {
        /// The directive.
        key: DirectiveKey,
    },
    /// The same directive twice.
    Twice {
        /// The directive.
        key: DirectiveKey,
    },
    /// A directive of another tool.
    Foreign {
        /// The directive as it is written there.
        theirs: String,
        /// Ours.
        ours: DirectiveKey,
    },
    /// A line by which another tool divides one file into a migration and its rollback.
    OtherTool {
        /// The name of the tool.
        tool: &'static str,
        /// The line.
        line: String,
        /// Whether `cargo migrate adopt` splits its files.
        is_adopted: bool,
    },
    /// `allow` of a hazard that does not exist.
    UnknownHazard {
        /// The name.
        name: String,
        /// The hazard that may have been meant.
        closest: Option<&'static str>,
    },
    /// `allow` of a hazard that was not found.
    UnusedAllow {
        /// The hazard.
        hazard: Hazard,
    },
    /// `unparsed` above a statement that parses, or above none.
    UnusedUnparsed,
}

impl DirectiveProblem {
    /// The directive that is there, or may have been meant.
    pub(crate) fn key(&self) -> Option<DirectiveKey> {
        match self {
            DirectiveProblem::Unknown { closest, .. } => *closest,
            DirectiveProblem::WithoutColon { key }
            | DirectiveProblem::Value { key, .. }
            | DirectiveProblem::InWrongPart { key, .. }
            | DirectiveProblem::BelowStatement { key }
            | DirectiveProblem::InsideStatement { key }
            | DirectiveProblem::Twice { key } => Some(*key),
            DirectiveProblem::Foreign { ours, .. } => Some(*ours),
            DirectiveProblem::OtherTool { .. } => None,
            DirectiveProblem::UnknownHazard { .. } | DirectiveProblem::UnusedAllow { .. } => {
                Some(DirectiveKey::Allow)
            }
            DirectiveProblem::UnusedUnparsed => Some(DirectiveKey::Unparsed),
        }
    }

    pub(super) fn wording(&self) -> Wording {
        match self {
            DirectiveProblem::Unknown { key, closest } => {
                let message = match key.as_str() {
                    "" => "no directive follows `migrate:`".to_owned(),
                    key => format!("unknown directive `{key}`"),
                };
                Wording::new("unknown-directive", message, help_with_unknown(key, *closest))
            }
            DirectiveProblem::WithoutColon { key } => Wording::new(
                "directive-without-colon",
                format!("the directive `{key}` needs a colon after `migrate`"),
                format!("write `-- migrate: {key}`"),
            ),
            DirectiveProblem::Value { key, value, expected } => {
                let message = match expected {
                    None => format!("the directive `{key}` takes no value, and has `{value}`"),
                    Some(expected) if value.is_empty() => format!("the directive `{key}` lacks {expected}"),
                    Some(expected) => format!("the directive `{key}` takes {expected}, not `{value}`"),
                };
                let help = format!("write `-- migrate: {}`", key.example());
                Wording::new("directive-value", message, help)
            }
            DirectiveProblem::InWrongPart { key, belongs_to_down } => Wording::new(
                "directive-in-wrong-part",
                format!("the directive `{key}` has no meaning in this script"),
                match belongs_to_down {
                    true => "move it to the rollback script",
                    false => "move it to the script that applies the migration",
                },
            ),
            DirectiveProblem::BelowStatement { key } => Wording::new(
                "directive-below-statement",
                format!("the directive `{key}` is not above the first statement"),
                TO_THE_TOP,
            ),
            DirectiveProblem::InsideStatement { key } => Wording::new(
                "directive-inside-statement",
                format!("the directive `{key}` is inside a statement"),
                match key {
                    DirectiveKey::Allow => "move it above the statement, or to the top of the file",
                    DirectiveKey::Unparsed => "move it above the statement",
                    _ => TO_THE_TOP,
                },
            ),
            DirectiveProblem::Twice { key } => Wording::new(
                "directive-twice",
                format!("the directive `{key}` is given twice"),
                "keep one of the two",
            ),
            DirectiveProblem::Foreign { theirs, ours } => Wording::new(
                "foreign-directive",
                format!("`-- {theirs}` is a directive of another tool"),
                format!("write `-- migrate: {ours}`"),
            ),
            DirectiveProblem::OtherTool { tool, line, is_adopted } => Wording::new(
                "other-tool",
                format!("this file is one of {tool}: `{line}` would be a comment, and all parts would run"),
                match is_adopted {
                    true => format!(
                        "`cargo migrate adopt --from {tool}` splits the file into `.up.sql` and `.down.sql` and \
                         takes over the history"
                    ),
                    false => "split the file: what applies the migration into `.up.sql`, what takes it back into \
                              `.down.sql`; in a database where it was applied, `cargo migrate baseline` records it"
                        .to_owned(),
                },
            ),
            DirectiveProblem::UnknownHazard { name, closest } => Wording::new(
                "unknown-hazard",
                format!("there is no hazard `{name}`"),
                match closest {
                    Some(closest) => format!("did you mean `{closest}`?"),
                    None => {
                        "`cargo migrate explain` lists the hazards, and each message shows its name".to_owned()
                    }
                },
            ),
            DirectiveProblem::UnusedAllow { hazard } => Wording::new(
                "unused-allow",
                format!("allows the hazard `{hazard}`, which was not found here"),
                "delete the directive, or put it above the statement it is about",
            ),
            DirectiveProblem::UnusedUnparsed => Wording::new(
                "unused-unparsed",
                "there is no syntax error in the statement below",
                "delete the directive; for a hazard of the statement write `-- migrate: allow <hazard> \"why\"`",
            ),
        }
    }
}

const TO_THE_TOP: &str = "move it to the comments at the top of the file";

fn help_with_unknown(key: &str, closest: Option<DirectiveKey>) -> Cow<'static, str> {
    match (key, closest) {
        (_, Some(closest)) => format!("did you mean `{closest}`?").into(),
        _ => "the crate's documentation lists the directives; no other text may follow `-- migrate:`".into(),
    }
}
