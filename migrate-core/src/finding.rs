//! A finding: what a rule says about a place in a script.
//!
//! `ALTER TABLE orders ALTER COLUMN note SET NOT NULL` becomes: hazard `set-not-null`, risk high, the span of the
//! clause, the message "SET NOT NULL on `note` reads all rows of `orders`, and no one can …", and the safer form. It
//! says nothing about severity: whether it is an error is for the policy to decide, in `source/gate`.

use crate::{Hazard, Risk, Span};

/// A hazard in a script, its place, and the safer form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which hazard.
    pub hazard: Hazard,
    /// How much harm it can do here.
    pub risk: Risk,
    /// Its place: a clause, or the whole statement.
    pub span: Span,
    /// What happens, and to whom, with the names in the statement: "the server checks all rows of `orders`, and no one
    /// can read or write it until that is done".
    pub message: String,
    /// What to write instead.
    pub safer: String,
    /// Whether code from before the migration may fail on the schema after it.
    pub breaks_older_binaries: bool,
    /// Whether the statement is written as its rule recommends, so that nothing is left to report.
    pub is_recommended_form: bool,
}

impl Finding {
    /// A hazard with its usual risk, which does not affect older binaries.
    pub fn new(hazard: Hazard, span: Span, message: impl Into<String>, safer: impl Into<String>) -> Finding {
        Finding {
            hazard,
            risk: hazard.risk(),
            span,
            message: message.into(),
            safer: safer.into(),
            breaks_older_binaries: false,
            is_recommended_form: false,
        }
    }

    /// The same finding with the risk that it has under these circumstances.
    pub fn with_risk(mut self, risk: Risk) -> Finding {
        self.risk = risk;
        self
    }

    /// The same finding, and whether the statement is in the form that its rule recommends. Such a finding counts for the
    /// risk of the migration, and is reported only if the policy names its hazard.
    pub fn in_recommended_form(mut self, is_recommended: bool) -> Finding {
        self.is_recommended_form = is_recommended;
        self
    }

    /// The same finding, and older binaries may fail.
    pub fn breaking_older_binaries(mut self) -> Finding {
        self.breaks_older_binaries = true;
        self
    }
}
